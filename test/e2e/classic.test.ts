import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { mainPids } from '../support/observe.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

describe.skipIf(noLab !== undefined)(
  `classic profile: Kubernetes 1.20, Docker, token.csv, host-gw${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let baseline: ReadonlyMap<string, Snapshot>;
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
    const look = async (): Promise<ReadonlyMap<string, Snapshot>> =>
      new Map(await Promise.all(['h1', 'h2'].map(async (host) => [host, await snapshot(lab, host)] as const)));

    beforeAll(async () => {
      lab = await bootLab('e2e-classic', 2, 'classic');
      baseline = await look();
    });
    afterAll(() => lab.down());

    test('one host alone is etcd, master and node', async () => {
      let second: unknown;
      lab.edit((inventory) => {
        second = inventory.hosts.pop();
        inventory.hosts[0]?.roles.splice(0, 3, 'etcd', 'master', 'node');
      });
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0, hosts: 1 });
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
      lab.edit((inventory) =>
        inventory.hosts.push({ ...(second as (typeof inventory.hosts)[number]), roles: ['node'] }),
      );
    });

    test('a host added to the inventory joins, and nothing is restarted on the first but the apiserver that reads the token', async () => {
      const before = await mainPids(lab, ['h1']);
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0, hosts: 2 });
      expect(changesOf(result).filter((change) => change.startsWith('h1 '))).toEqual([
        'h1 hosts-block:/etc/hosts',
        'h1 file:/opt/k8sup/lib/csr-approver.requests',
      ]);
      const after = await mainPids(lab, ['h1']);
      const restarted = [...after].filter(([unit, pid]) => before.get(unit) !== pid).map(([unit]) => unit);
      expect(restarted).toEqual(['h1 kube-apiserver.service']);
      expect(await lab.ssh('h1', 'wc -c < /etc/kubernetes/token.csv; ls /etc/kubernetes')).toMatch(/^0\n/);
      expect(await lab.ssh('h2', 'ls /etc/kubernetes')).not.toContain('bootstrap');
      expect(await lab.kubectl('get', 'nodes', '-o', 'name')).toBe('node/h1\nnode/h2');
    });

    test('the pod network is host-gw: routes by the other host’s address, no tunnel', async () => {
      expect(await lab.ssh('h1', 'ip route show root 10.244.0.0/16')).toMatch(
        /^10\.244\.\d+\.0\/24 via 10\.88\.0\.12 dev host0/m,
      );
      expect(await lab.ssh('h1', 'ls /sys/class/net')).not.toContain('flannel');
    });

    test('a second apply changes nothing', async () => {
      const before = await mainPids(lab, ['h1', 'h2']);
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
      expect(await mainPids(lab, ['h1', 'h2'])).toEqual(before);
    });

    test('what a killed join left, a line of the token file and a bootstrap kubeconfig, goes by the next apply', async () => {
      await lab.ssh(
        'h1',
        `echo 'left,kubelet-bootstrap,10001,"system:bootstrappers:k8sup"' > /etc/kubernetes/token.csv`,
      );
      await lab.ssh('h2', 'echo left > /etc/kubernetes/bootstrap.kubeconfig');
      const result = await apply('--no-verify');
      expect(good(result).restarted).toBe(1);
      expect([...changesOf(result)].sort()).toEqual([
        'h1 file:/etc/kubernetes/token.csv',
        'h1 service:kube-apiserver.service',
        'h2 file:/etc/kubernetes/bootstrap.kubeconfig',
      ]);
      expect(await lab.ssh('h1', 'wc -c < /etc/kubernetes/token.csv')).toMatch(/^0\s*$/);
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('clean leaves both hosts as they were', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      const left = ['h1', 'h2'].flatMap((host) =>
        difference(baseline.get(host) ?? new Map(), after.get(host) ?? new Map()).map((line) => `${host} ${line}`),
      );
      expect(left).toEqual([]);
    });
  },
);
