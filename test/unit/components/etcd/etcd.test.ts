import { describe, expect, it } from 'vitest';
import { etcd, etcdClaims } from '../../../../src/components/etcd/etcd.ts';
import { quote } from '../../../../src/shell/sh.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import { factsOf, hostOf, newest, withExtras } from '../fixture.ts';

const mark = '/var/lib/k8sup/etcd-started';

/** The words of a command of etcd's unit, as systemd gives them to the program. */
function wordsOf(setting: string, text: string): readonly string[] {
  const lines = [...text.matchAll(new RegExp(`^${setting}=-?((?:.*\\\\\\n)*.*)$`, 'gm'))];
  const words = (lines.at(-1)?.[1] ?? '').split(/ \\\n {2}/);
  return words.map((word) =>
    word
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('\\"', '"')
      .replaceAll('$$', '$'),
  );
}

describe.skipIf(noFakeHost !== undefined)('a member', () => {
  const { text } = etcd(newest, hostOf(newest, 'h1'), factsOf());
  const allowed = `${wordsOf('ExecStartPre', text).map(quote).join(' ')} 2>&1 && echo starts || :`;
  const started = wordsOf('ExecStartPost', text).map(quote).join(' ');

  it('starts empty where none has run before', async () => {
    using host = fakeHost();
    expect(await host.sh(`mkdir -p /var/lib/etcd; ${allowed}`)).toBe('starts\n');
  });

  it('starts again with its data', async () => {
    using host = fakeHost();
    expect(await host.sh(`mkdir -p /var/lib/etcd/member /var/lib/k8sup; ${started}; ${allowed}`)).toBe('starts\n');
  });

  it('does not start on the empty mount point of its data disk, and says why', async () => {
    using host = fakeHost();
    const said = await host.sh(`mkdir -p /var/lib/etcd /var/lib/k8sup; ${started}; ${allowed}`);
    expect(said).toMatch(/^\/var\/lib\/etcd holds no data, and etcd has run .* disk mounted\? .*snapshot restore/);
    expect(said).toContain(`remove ${mark} to begin empty`);
  });

  it('leaves a mark that clean takes', () => {
    expect(etcdClaims).toEqual([{ kind: 'path', name: mark }]);
    expect(started).toContain(mark);
  });
});

it('needs the mount of its data directory, wherever that is', () => {
  const host = withExtras(hostOf(newest, 'h1'), 'etcd', { extraArgs: { 'data-dir': '/data/etcd' } });
  const component = etcd(newest, host, factsOf());
  expect(component.text).toContain('\nRequiresMountsFor=/data/etcd\n');
  expect(component.directories).toEqual([{ path: '/data/etcd', mode: 0o700 }]);
});
