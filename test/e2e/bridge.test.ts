import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { waitUntil } from '../support/observe.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

const hosts = ['h1', 'h2'] as const;

describe.skipIf(noLab !== undefined)(
  `bridge network: host routes, iptables kube-proxy${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let baseline: readonly Snapshot[];
    const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);

    beforeAll(async () => {
      lab = await bootLab('e2e-bridge', 2, 'newest');
      baseline = await look();
      lab.edit(({ cluster, hosts: list }) => {
        cluster['network'] = { plugin: 'bridge' };
        cluster['kubeProxy'] = { ...cluster['kubeProxy'], mode: 'iptables' };
        list[1]?.roles.splice(0, 9, 'node');
      });
    });
    afterAll(() => lab.down());

    test('apply makes a cluster whose pods reach each other by the hosts’ addresses', async () => {
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      const routes = result.events.flatMap((event) =>
        event.type === 'check' && event.check.name === 'route' ? [event.check.result] : [],
      );
      expect(routes).toEqual([
        expect.stringMatching(/ via 10\.88\.0\.1[12] dev host0 /),
        expect.stringMatching(/ via 10\.88\.0\.1[12] dev host0 /),
      ]);
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('routes and rules that others take away come back by themselves', async () => {
      const routes = async () => (await lab.ssh('h1', 'ip route show proto 87')).trim();
      const before = await routes();
      expect(before).toContain('via 10.88.0.12');
      await lab.ssh(
        'h1',
        'ip route flush proto 87; iptables -t nat -D POSTROUTING -m comment --comment "k8sup pod network" -j K8SUP-POSTROUTING',
      );
      await waitUntil(async () => (await routes()) === before, 30);
      await waitUntil(
        async () => (await lab.ssh('h1', 'iptables -t nat -S POSTROUTING')).includes('K8SUP-POSTROUTING'),
        30,
      );
    });

    test('clean leaves both hosts as they were', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    });
  },
);
