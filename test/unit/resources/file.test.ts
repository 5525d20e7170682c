import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { absentFile } from '../../../src/resources/absent-file.ts';
import { directory } from '../../../src/resources/directory.ts';
import type { DirectorySpec } from '../../../src/resources/directory.ts';
import { file } from '../../../src/resources/file.ts';
import type { FileSpec } from '../../../src/resources/file.ts';
import { changesOf, readCases } from '../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

describe('a file', () => {
  it.each(readCases<FileSpec>('file.cases.json', import.meta.url))('$title', (one) => {
    expect(changesOf(file(one.want), one.probe.join('\n'))).toEqual(one.changes);
  });

  it('that is a secret is never shown, not even where it differs', () => {
    const secret = file({ path: '/etc/x', content: 'password', mode: 0o600, secret: true });
    expect(secret.text).toBeUndefined();
    expect(`${secret.probe.sh}${secret.apply.script.sh}`).not.toContain('password');
  });
});

describe('a directory', () => {
  it.each(readCases<DirectorySpec>('directory.cases.json', import.meta.url))('$title', (one) => {
    expect(changesOf(directory(one.want), one.probe.join('\n'))).toEqual(one.changes);
  });
});

describe.skipIf(noFakeHost !== undefined)('a file on a host', () => {
  const wanted = file({ path: "/srv/a b/it's", content: 'ü\n\0bytes', mode: 0o640, owner: 'root:daemon' });
  const where = "/srv/a b/it's";

  it('is made with its folders, content, mode and owner', async () => {
    using host = fakeHost();
    expect(await probeOn(host, wanted)).toHaveLength(1);
    expect(await applyOn(host, wanted)).toEqual([]);
    expect(host.read(where)).toBe('ü\n\0bytes');
    expect(await host.sh(`stat -c '%a %U:%G' "/srv/a b/it's"`)).toBe('640 root:daemon\n');
    expect(host.read('/var/lib/k8sup/manifest')).toBe(`dir\t/srv/a b\t\nfile\t${where}\tabsent\n`);
    expect(readdirSync(host.path('/srv/a b'))).toEqual(["it's"]);
  });

  it('is seen again when its content, mode or owner is changed by hand', async () => {
    using host = fakeHost();
    await applyOn(host, wanted);
    await host.sh(`echo more >> "${where}"; chmod 600 "${where}"; chown root:root "${where}"`);
    expect((await probeOn(host, wanted)).map((change) => change.split(':')[0])).toEqual(['content', 'mode', 'owner']);
    expect(await applyOn(host, wanted)).toEqual([]);
  });

  it('keeps a copy of what it replaced, with its mode and times, made once', async () => {
    using host = fakeHost();
    host.write(where, 'first\n', 0o604);
    await host.sh(`touch -d @1000000000 "${where}"`);
    await applyOn(host, wanted);
    await host.sh(`echo later > "${where}"`);
    await applyOn(host, wanted);
    const copy = /^file\t.*\t(.*)$/m.exec(host.read('/var/lib/k8sup/manifest'))?.[1] ?? '';
    expect(host.read(copy)).toBe('first\n');
    expect(await host.sh(`stat -c '%a %Y' ${copy}`)).toBe('604 1000000000\n');
    expect(await host.sh('stat -c %a /var/lib/k8sup /var/lib/k8sup/before')).toBe('700\n700\n');
  });

  it('takes the place of a link and leaves what the link names alone', async () => {
    using host = fakeHost();
    host.write('/srv/target/x', 'not ours');
    mkdirSync(host.path('/srv/a b'));
    symlinkSync('../target/x', host.path(where));
    expect(await applyOn(host, wanted)).toEqual([]);
    expect(host.read('/srv/target/x')).toBe('not ours');
    expect(lstatSync(host.path(where)).isFile()).toBe(true);
  });

  it('takes the place of a link to a folder', async () => {
    using host = fakeHost();
    mkdirSync(host.path('/srv/a b'));
    mkdirSync(host.path('/srv/target'));
    symlinkSync('../target', host.path(where));
    expect(await applyOn(host, wanted)).toEqual([]);
    expect(readdirSync(host.path('/srv/target'))).toEqual([]);
  });

  it('does not take the place of a folder, and claims nothing then', async () => {
    using host = fakeHost();
    host.write(`${where}/inside`, 'not ours');
    await expect(applyOn(host, wanted)).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringContaining('is a directory') as string,
    });
    expect(await host.sh('cat /var/lib/k8sup/manifest 2>/dev/null || :')).toBe('');
  });

  it('is not replaced by an upload that was damaged', async () => {
    using host = fakeHost();
    host.write(where, 'good\n');
    const damaged = { ...wanted, apply: { ...wanted.apply, contents: [{ bytes: Buffer.from('damaged') }] } };
    await expect(applyOn(host, damaged)).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringContaining('the upload is damaged') as string,
    });
    expect(host.read(where)).toBe('good\n');
    expect(readdirSync(host.path('/srv/a b'))).toEqual(["it's"]);
  });
});

describe.skipIf(noFakeHost !== undefined)('folders on a host', () => {
  it('are made with their parents, and only what was made is owned', async () => {
    using host = fakeHost();
    expect(await applyOn(host, directory({ path: '/srv/x/y/z', mode: 0o700 }))).toEqual([]);
    expect(statSync(host.path('/srv/x/y/z')).mode & 0o777).toBe(0o700);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('dir\t/srv/x\t\ndir\t/srv/x/y\t\ndir\t/srv/x/y/z\t\n');
  });

  it('that programs fill are owned with all that is in them', async () => {
    using host = fakeHost();
    await applyOn(host, directory({ path: '/srv/x/data', mode: 0o700, data: true }));
    expect(host.read('/var/lib/k8sup/manifest')).toBe('dir\t/srv/x\t\ntree\t/srv/x/data\tfresh\n');
  });

  it('that were there before are remembered as such, with their mode', async () => {
    using host = fakeHost();
    await host.sh('mkdir -m 751 /srv/data');
    const data = directory({ path: '/srv/data', mode: 0o700, data: true });
    expect(await probeOn(host, data)).toEqual(['mode: 751 -> 700 (update)']);
    expect(await applyOn(host, data)).toEqual([]);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('tree\t/srv/data\tkept 751 0:0\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('a file that must not stay', () => {
  const left = absentFile('/srv/k/bootstrap.kubeconfig');

  it('is taken away, and needs nothing where it is not', async () => {
    using host = fakeHost();
    expect(await probeOn(host, left)).toEqual([]);
    host.write('/srv/k/bootstrap.kubeconfig', 'token');
    expect(await probeOn(host, left)).toEqual(['file: there -> absent (delete)']);
    expect(await applyOn(host, left)).toEqual([]);
    expect(readdirSync(host.path('/srv/k'))).toEqual([]);
  });
});
