import { describe, expect, it } from 'vitest';
import { claims } from '../../../../src/resources/claims.ts';
import { file } from '../../../../src/resources/file.ts';
import { exchangeOf, otherOwnersOff } from '../../../../src/resources/parts/other-owners.ts';
import { parts } from '../../../../src/resources/parts/parts.ts';
import { changesOf } from '../../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../on-host.ts';

const manifest = '/var/lib/k8sup/manifest';
const mark = exchangeOf('network').mark;

describe('the parts of an owner', () => {
  it('are told where they are not recorded', () => {
    const resource = parts('network', 'red', [{ kind: 'link', name: 'cni0' }]);
    expect(changesOf(resource, '')).toEqual(['red: not recorded -> 1 parts (create)']);
    expect(changesOf(resource, 'link\tcni0\nfile\t/gone-since\n')).toEqual([]);
  });
});

describe.skipIf(noFakeHost !== undefined).each(['/bin/dash', '/bin/bash'])('another owner, with %s', (shell) => {
  const open = (): FakeHost => {
    const host = fakeHost({ shell });
    host.program('systemctl', 'echo "$*" >> /etc/systemctl.log');
    return host;
  };
  const red = [
    { kind: 'dir', name: '/srv/net' },
    { kind: 'dir', name: '/srv/net/red' },
    { kind: 'unit', name: 'red.service' },
    { kind: 'file', name: '/srv/net/red/conf' },
    { kind: 'file', name: '/srv/net/both' },
    { kind: 'path', name: '/run/red state' },
  ];
  const install = (host: FakeHost) =>
    applyOn(
      host,
      parts('network', 'red', red),
      file({ path: '/srv/net/red/conf', content: 'r', mode: 0o600 }),
      file({ path: '/srv/net/both', content: 'r', mode: 0o600 }),
      file({ path: '/srv/net/third', content: 't', mode: 0o600 }),
      claims('network', [{ kind: 'path', name: '/run/red state' }]),
    );

  it('is taken off with all that is its own, and nothing else', async () => {
    using host = open();
    expect(await install(host)).toEqual([]);
    host.write('/run/red state/lease', 'x');
    const off = otherOwnersOff('network', 'blue');
    expect(await probeOn(host, off)).toEqual(['network: red -> blue (delete)']);
    expect(await applyOn(host, off)).toEqual([]);
    expect(await host.sh('find /srv /run -name "red*" -o -path "/srv/net/*"')).toBe('/srv/net/third\n');
    expect(host.read('/etc/systemctl.log')).toContain('disable --quiet --now red.service');
    expect(await host.sh(`cut -f 1,2 ${manifest}`)).toBe('dir\t/srv/net\nfile\t/srv/net/third\n');
    expect(await host.sh(`ls ${mark}`)).toBe(`${mark}\n`);
  });

  it('leaves a path that comes again before the next owner claims it as k8sup’s own, and one of the host’s as the host’s', async () => {
    using host = open();
    await install(host);
    await applyOn(host, otherOwnersOff('network', 'blue'));
    host.write('/run/red state/lease', 'a pod of before');
    host.write('/run/of the host/file', 'x');
    const own = claims('network', [
      { kind: 'path', name: '/run/red state' },
      { kind: 'path', name: '/run/of the host' },
    ]);
    expect(await applyOn(host, own)).toEqual([]);
    const recorded = await host.sh(`grep '^path' ${manifest}`);
    expect(recorded).toBe('path\t/run/red state\t\npath\t/run/of the host\tkept\n');
  });

  it('stays recorded for the next run where something of it could not be taken back', async () => {
    using host = open();
    await install(host);
    await host.sh(
      `printf 'strange\\tthing\\t\\n' >> ${manifest}; printf 'strange\\tthing\\n' >> /var/lib/k8sup/parts/network/red`,
    );
    const off = otherOwnersOff('network', 'blue');
    await expect(applyOn(host, off)).rejects.toMatchObject({
      why: expect.stringContaining('could not take back strange thing') as string,
    });
    expect(await probeOn(host, off)).toEqual(['network: red -> blue (delete)']);
    expect(await host.sh('ls -A /srv/net')).toBe('third\n');
  });

  it('is nobody where the owner is the same', async () => {
    using host = open();
    await install(host);
    expect(await probeOn(host, otherOwnersOff('network', 'red'))).toEqual([]);
  });
});
