import { describe, expect, it } from 'vitest';
import { claims } from '../../../src/resources/claims.ts';
import { changesOf } from '../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

const wanted = claims('bridge', [
  { kind: 'link', name: 'cni0' },
  { kind: 'routes', name: '10.244.0.0/16' },
  { kind: 'chains', name: 'CNI-' },
]);

describe('claims', () => {
  it('are all recorded', () => {
    const output = 'file\t/etc/x\nlink\tcni0\nroutes\t10.244.0.0/16\nchains\tCNI-';
    expect(changesOf(wanted, output)).toEqual([]);
  });

  it('name only what is not recorded', () => {
    expect(changesOf(wanted, 'link\tcni0')).toEqual([
      'owned: not recorded -> routes 10.244.0.0/16, chains CNI- (create)',
    ]);
  });

  it('are not taken for those of a longer name or another kind', () => {
    expect(changesOf(claims('x', [{ kind: 'link', name: 'cni0' }]), 'link\tcni01\ntree\tcni0')).toHaveLength(1);
  });
});

describe.skipIf(noFakeHost !== undefined)('claims on a host', () => {
  it('are written once', async () => {
    using host = fakeHost();
    expect(await probeOn(host, wanted)).toHaveLength(1);
    expect(await applyOn(host, wanted)).toEqual([]);
    await applyOn(host, wanted);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('link\tcni0\t\nroutes\t10.244.0.0/16\t\nchains\tCNI-\t\n');
  });

  it('are recorded for a tree behind a link', async () => {
    using host = fakeHost();
    await host.sh('mkdir /srv/disk; ln -s /srv/disk /srv/data');
    expect(await applyOn(host, claims('x', [{ kind: 'tree', name: '/srv/data' }]))).toEqual([]);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('tree\t/srv/disk\tkept 755 0:0\n');
    expect(await probeOn(host, claims('x', [{ kind: 'link', name: '/srv/disk' }]))).toHaveLength(1);
  });

  it("keep a chain's policy as it was before", async () => {
    using host = fakeHost();
    host.program('iptables', `[ "$*" = '-S FORWARD' ] && printf '%s\\n' '-P FORWARD DROP' '-A FORWARD -j ACCEPT'`);
    host.program('ip6tables', `[ "$*" = '-S FORWARD' ] && printf '%s\\n' '-P FORWARD ACCEPT'`);
    const both = claims('docker', [
      { kind: 'policy', name: 'FORWARD' },
      { kind: 'policy6', name: 'FORWARD' },
    ]);
    await applyOn(host, both);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('policy\tFORWARD\tDROP\npolicy6\tFORWARD\tACCEPT\n');
  });

  it('remember a path that was there before', async () => {
    using host = fakeHost();
    host.write('/srv/old', '');
    await applyOn(
      host,
      claims('x', [
        { kind: 'path', name: '/srv/old' },
        { kind: 'path', name: '/srv/new' },
      ]),
    );
    expect(host.read('/var/lib/k8sup/manifest')).toBe('path\t/srv/old\tkept\npath\t/srv/new\t\n');
  });
});
