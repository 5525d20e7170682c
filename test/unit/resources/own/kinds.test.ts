import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archive } from '../../../../src/resources/archive.ts';
import { cleanHost } from '../../../../src/resources/clean/clean-host.ts';
import { command } from '../../../../src/resources/command.ts';
import type { AnyResource } from '../../../../src/resources/define.ts';
import { directory } from '../../../../src/resources/directory.ts';
import { file } from '../../../../src/resources/file.ts';
import { hostUnit } from '../../../../src/resources/host-unit.ts';
import { ofStep } from '../../../../src/resources/ownership.ts';
import { hostPackage } from '../../../../src/resources/package.ts';
import { takenOut } from '../../../../src/resources/taken-out.ts';
import { user } from '../../../../src/resources/user.ts';
import { lines } from '../../../../src/shell/sh.ts';
import { changesOf, readCases } from '../../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../on-host.ts';

describe.each([
  ['user', user],
  ['host-unit', hostUnit],
  ['archive', archive],
] as const)('%s', (kind, make) => {
  it.each(readCases<never>(`${kind}.cases.json`, import.meta.url))('$title', (one) => {
    expect(changesOf(make(one.want), one.probe.join('\n'), one.changing)).toEqual(one.changes);
  });
});

/** Takes everything off, as clean does. */
const clean = async (host: FakeHost): Promise<void> => {
  host.program('systemctl', ':');
  expect(await applyOn(host, cleanHost())).toEqual([]);
};

describe.skipIf(noFakeHost !== undefined)('a command', () => {
  const mark = { name: 'mark', run: 'echo made > /srv/mark', timeoutSeconds: 60 };

  it('runs once, where it is not done yet, and is undone by what it says', async () => {
    using host = fakeHost();
    const wanted = command({ ...mark, creates: '/srv/mark', undo: 'rm /srv/mark' });
    expect(await probeOn(host, wanted)).toEqual(['command: /srv/mark is absent -> run (update)']);
    expect(await applyOn(host, wanted)).toEqual([]);
    await clean(host);
    expect(await host.sh('ls /srv')).toBe('');
  });

  it.each([
    ['unless', { unless: 'grep -q made /srv/mark' }],
    ['onlyIf', { onlyIf: '! test -e /srv/mark' }],
  ])('looks by %s', async (_key, sign) => {
    using host = fakeHost();
    expect(await probeOn(host, command({ ...mark, ...sign }))).toHaveLength(1);
    expect(await applyOn(host, command({ ...mark, ...sign }))).toEqual([]);
  });

  it('ends at the first line that fails, and at its time', async () => {
    using host = fakeHost();
    const run = (script: string, timeoutSeconds: number) =>
      applyOn(host, command({ ...mark, run: script, timeoutSeconds, creates: '/srv/mark' }));
    await expect(run('false\ntouch /srv/mark', 60)).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
    await expect(run('sleep 60', 1)).rejects.toMatchObject({
      why: expect.stringContaining('longer than 1 s') as string,
    });
    await expect(run('true', 60)).rejects.toMatchObject({ code: 'RESOURCE_NOT_CONVERGED' });
  });
});

describe.skipIf(noFakeHost !== undefined)('an archive', () => {
  const made = (files: Readonly<Record<string, string>>) => {
    const folder = mkdtempSync(join(tmpdir(), 'k8sup-archive-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, 'top'), { recursive: true });
      writeFileSync(join(folder, 'top', name), text);
    }
    const path = join(folder, 'a.tar.gz');
    execFileSync('tar', ['-czf', path, '-C', folder, 'top']);
    const bytes = readFileSync(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const upload = { path, length: bytes.length };
    return {
      resource: archive({ path: '/opt/thing', strip: 1, sha256, upload }),
      [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
    };
  };

  it('is unpacked, mended, exchanged for another one, and taken away', async () => {
    using host = fakeHost();
    using first = made({ a: '1\n', b: '2\n' });
    using second = made({ a: '3\n' });
    expect(await applyOn(host, first.resource)).toEqual([]);
    expect(host.read('/opt/thing/a')).toBe('1\n');
    await host.sh('echo edited > /opt/thing/a; rm /opt/thing/b; echo own > /opt/thing/own');
    expect(await probeOn(host, first.resource)).toEqual([
      'files: ./a, ./b changed by hand -> as in the archive (update)',
    ]);
    expect(await applyOn(host, first.resource)).toEqual([]);
    expect(await applyOn(host, second.resource)).toEqual([]);
    expect(await host.sh('cd /opt/thing; ls; cat a')).toBe('a\nown\n3\n');
    expect(await host.sh('ls /opt')).toBe('thing\n');
    await clean(host);
    expect(await host.sh('ls /opt')).toBe('');
  });

  it("does not take a directory with files of somebody else's", async () => {
    using host = fakeHost();
    using one = made({ a: '1\n' });
    host.write('/opt/thing/theirs', 'x');
    await expect(applyOn(host, one.resource)).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
  });
});

describe.skipIf(noFakeHost !== undefined)('a user', () => {
  const files = (host: FakeHost): string => host.read('/etc/passwd') + host.read('/etc/group');

  it('is made without a password, and goes again', async () => {
    using host = fakeHost();
    await host.sh('touch /etc/shadow /etc/gshadow');
    const before = files(host);
    const wanted = user({ name: 'k8sup-app', groups: ['adm'], system: true, shell: '/bin/false', comment: 'Our app' });
    expect(await applyOn(host, wanted)).toEqual([]);
    expect(host.read('/etc/passwd')).toMatch(/^k8sup-app:x:\d+:\d+:Our app:.*:\/bin\/false$/m);
    expect(host.read('/etc/shadow')).toMatch(/^k8sup-app:!/m);
    await clean(host);
    expect(files(host)).toBe(before);
  });

  it('that was there gets back what it had', async () => {
    using host = fakeHost();
    await host.sh('touch /etc/shadow /etc/gshadow; useradd -r -M -G audio -s /bin/sh -c theirs k8sup-app');
    const before = files(host);
    const wanted = user({ name: 'k8sup-app', groups: ['adm'], system: true, shell: '/bin/false' });
    expect(await probeOn(host, wanted)).toHaveLength(2);
    expect(await applyOn(host, wanted)).toEqual([]);
    expect(await host.sh('id -nG k8sup-app')).toMatch(/audio/);
    await clean(host);
    expect(files(host)).toBe(before);
  });
});

describe.skipIf(noFakeHost !== undefined)('a package', () => {
  /** Packages are files in /srv/packages; `base` is there from the start, and `tool` needs `lib`. */
  const withApt = (): FakeHost => {
    const host = fakeHost();
    host.write('/srv/packages/base', '');
    host.program('dpkg-query', 'for name; do :; done; [ ! -e "/srv/packages/$name" ] || echo installed');
    host.program(
      'apt-get',
      'case " $* " in *" -s "*) echo "Inst lib (1)"; echo "Inst tool (1)" ;; *" install "*) touch /srv/packages/lib /srv/packages/tool ;; esac',
    );
    host.program('dpkg', '[ "$1" = --purge ]; shift; [ ! -e /srv/packages/needs-tool ] && cd /srv/packages && rm "$@"');
    return host;
  };
  const tool = hostPackage({ apt: 'tool', dnf: 'tool', zypper: 'tool' });

  it('is installed, and taken off with what came with it', async () => {
    using host = withApt();
    expect(await probeOn(host, tool)).toEqual(['package: absent -> installed (create)']);
    expect(await applyOn(host, tool)).toEqual([]);
    await clean(host);
    expect(await host.sh('ls /srv/packages')).toBe('base\n');
  });

  it('that was there is not taken off', async () => {
    using host = withApt();
    const base = hostPackage({ apt: 'base', dnf: 'base', zypper: 'base' });
    expect(await probeOn(host, base)).toEqual([]);
    await clean(host);
    expect(await host.sh('ls /srv/packages')).toBe('base\n');
  });

  it('that something else has come to need stays', async () => {
    using host = withApt();
    await applyOn(host, tool);
    host.write('/srv/packages/needs-tool', '');
    await clean(host);
    expect(await host.sh('ls /srv/packages')).toBe('base\nlib\nneeds-tool\ntool\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('what is no longer in a playbook', () => {
  const step = (resource: AnyResource): AnyResource => ({
    ...resource,
    apply: { ...resource.apply, script: lines([ofStep('own/a.b', resource.id), resource.apply.script]) },
  });
  const one = step(file({ path: '/etc/app/one', content: 'new\n', mode: 0o644 }));
  const two = step(file({ path: '/etc/app/two', content: 'new\n', mode: 0o644 }));
  const place = step(directory({ path: '/srv/app', mode: 0o755 }));
  const theirs = file({ path: '/etc/app/three', content: 'of k8sup\n', mode: 0o644 });
  const gone = (...keep: readonly AnyResource[]): AnyResource =>
    takenOut({ name: 'a.b', files: ['own/*'], keep: keep.map(({ id }) => id) });

  it('is taken away, and what was there before comes back; all else stays', async () => {
    using host = fakeHost();
    host.program('systemctl', ':');
    host.write('/etc/app/one', 'old\n', 0o600);
    await applyOn(host, one, two, place, theirs);
    expect(await probeOn(host, gone(one, two, place))).toEqual([]);
    expect(await probeOn(host, gone(two))).toEqual([
      'file:/etc/app/one: no longer in a playbook -> as before k8sup (delete)',
      'directory:/srv/app: no longer in a playbook -> as before k8sup (delete)',
    ]);
    expect(await applyOn(host, gone(two))).toEqual([]);
    expect(await host.sh('cd /etc/app; cat one two three; stat -c %a one; ls /srv')).toBe('old\nnew\nof k8sup\n600\n');
    expect(await applyOn(host, gone())).toEqual([]);
    expect(await host.sh('ls /etc/app')).toBe('one\nthree\n');
    expect(host.read('/var/lib/k8sup/manifest')).not.toContain('two');
    await clean(host);
    expect(await host.sh('ls /etc/app')).toBe('one\n');
  });

  it('stays where it was found as wanted: it was never put there', async () => {
    using host = fakeHost();
    host.program('systemctl', ':');
    host.write('/etc/app/one', 'new\n', 0o644);
    expect(await probeOn(host, one)).toEqual([]);
    expect(await applyOn(host, gone())).toEqual([]);
    expect(host.read('/etc/app/one')).toBe('new\n');
  });
});
