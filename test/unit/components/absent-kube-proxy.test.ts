import { describe, expect, it } from 'vitest';
import { absentKubeProxy } from '../../../src/components/kube-proxy/absent-kube-proxy.ts';
import { changesOf } from '../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { applyOn } from '../resources/on-host.ts';

const program = '/opt/k8sup/bin/kube-proxy';

it('a host without kube-proxy needs nothing', () => expect(changesOf(absentKubeProxy(), '')).toEqual([]));

describe.skipIf(noFakeHost !== undefined)('a host whose network has taken over from kube-proxy', () => {
  const open = (cleanup: string) => {
    const host = fakeHost();
    host.program('systemctl', 'echo "systemctl $*" >> /etc/calls');
    host.program('iptables-save', 'cat /etc/rules');
    host.write('/etc/rules', '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n');
    host.write(program, `#!/bin/sh\necho "kube-proxy $*" >> /etc/calls\n${cleanup}\n`, 0o755);
    host.write('/etc/systemd/system/kube-proxy.service', '');
    return host;
  };

  it('stops it, has it take its rules off, and removes it', async () => {
    using host = open('');
    expect(await applyOn(host, absentKubeProxy())).toEqual([]);
    expect(host.read('/etc/calls')).toBe(
      'systemctl disable --quiet --now kube-proxy.service\nkube-proxy --cleanup\nsystemctl daemon-reload\n',
    );
  });

  it('goes on where only what was never there could not be taken off', async () => {
    using host = open('exit 1');
    expect(await applyOn(host, absentKubeProxy())).toEqual([]);
  });

  it('fails while its rules are there, and leaves the program that can take them off', async () => {
    using host = open('echo no ipset; exit 1');
    host.write('/etc/rules', '*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n');
    await expect(applyOn(host, absentKubeProxy())).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
    expect(host.read(program)).toContain('no ipset');
  });
});
