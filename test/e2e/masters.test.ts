import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { EditableInventory, LabHandle } from '../support/lab.ts';
import { mainPids, waitUntil } from '../support/observe.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

const endpoint = '10.88.0.1:6443';
const hosts = ['h1', 'h2', 'h3'] as const;

describe.skipIf(noLab !== undefined)(
  `two masters behind one endpoint, one of them no node, bridge network, both families, iptables${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let relay: ChildProcess;
    let baseline: readonly Snapshot[];
    let third: EditableInventory['hosts'];
    const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);

    beforeAll(async () => {
      lab = await bootLab('e2e-masters', 3, 'newest', { ipv6: true });
      baseline = await look();
      lab.edit((inventory) => {
        inventory.cluster['controlPlaneEndpoint'] = endpoint as never;
        inventory.cluster['network'] = {
          plugin: 'bridge',
          podCIDR: '10.244.0.0/16,fd00:10:244::/56',
          serviceCIDR: '10.96.0.0/16,fd00:10:96::/112',
        };
        for (const host of inventory.hosts) host.address += `,${lab.host(host.name).address6 ?? ''}`;
        inventory.cluster['kubeProxy'] = { ...inventory.cluster['kubeProxy'], mode: 'iptables' };
        inventory.hosts[0]?.roles.splice(0, 9, 'etcd', 'master');
        inventory.hosts[1]?.roles.splice(0, 9, 'master', 'node');
        inventory.hosts[2]?.roles.splice(0, 9, 'node');
        third = inventory.hosts.splice(2, 1);
      });
      relay = await startRelay(lab);
    });
    afterAll(async () => {
      relay.kill('SIGTERM');
      await lab.down();
    });

    test('apply makes a cluster whose nodes dial the endpoint; the master that is no node runs a kubelet with a taint', async () => {
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true });
      const routes = result.events.flatMap((event) =>
        event.type === 'check' && event.check.name === 'route' ? [event.check.result] : [],
      );
      expect(routes).toContainEqual(expect.stringContaining('via 10.88.0.12 dev host0 src 10.88.0.11'));
      expect(routes).toContainEqual(expect.stringMatching(/^fd00:10:244.* via fd88::12 dev host0 /));
      expect(await lab.ssh('h2', 'cat /etc/kubernetes/kubelet.kubeconfig')).toContain(`https://${endpoint}`);
      const taints = await lab.kubectl(
        'get',
        'nodes',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name}={.spec.taints[*].key} {end}',
      );
      expect(taints.trim()).toBe('h1=node-role.kubernetes.io/control-plane h2=');
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('a host added to the inventory joins, and no process on the others is touched', async () => {
      const before = await mainPids(lab, ['h1', 'h2']);
      lab.edit((inventory) => inventory.hosts.push(...third));
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      expect(await mainPids(lab, ['h1', 'h2'])).toEqual(before);
      const changes = changesOf(result);
      const told = [
        'hosts-block:/etc/hosts',
        'file:/opt/k8sup/lib/csr-approver.requests',
        'file:/etc/kubernetes/pod-routes',
        'service:k8sup-routes.service',
      ];
      for (const host of ['h1', 'h2'])
        expect(changes.filter((change) => change.startsWith(`${host} `))).toEqual(told.map((id) => `${host} ${id}`));
      expect(await lab.kubectl('get', 'node', 'h3', '-o', 'name')).toBe('node/h3');
    });

    test('routes and rules that others take away come back by themselves', async () => {
      const routes = async () => (await lab.ssh('h1', 'ip route show proto 87; ip -6 route show proto 87')).trim();
      const before = await routes();
      expect(before).toContain('via 10.88.0.12');
      expect(before).toContain('via fd88::12');
      const jump = '-m comment --comment "k8sup pod network" -j K8SUP-POSTROUTING';
      await lab.ssh(
        'h1',
        `ip route flush proto 87; ip -6 route flush proto 87; ip6tables -t nat -D POSTROUTING ${jump}; iptables -t nat -D POSTROUTING ${jump}`,
      );
      await waitUntil(async () => (await routes()) === before, 30);
      for (const iptables of ['iptables', 'ip6tables'])
        await waitUntil(
          async () => (await lab.ssh('h1', `${iptables} -t nat -S POSTROUTING`)).includes('K8SUP-POSTROUTING'),
          30,
        );
    });

    test('with one apiserver stopped kubectl works, by k8sup and by the endpoint, and apply starts it again', async () => {
      await lab.ssh('h1', 'systemctl stop kube-apiserver.service');
      expect(await lab.kubectl('get', 'nodes', '-o', 'name')).toBe('node/h1\nnode/h2\nnode/h3');
      const curl = `curl -fsS --cacert /etc/kubernetes/pki/ca.crt --cert /etc/kubernetes/pki/apiserver-kubelet-client.crt --key /etc/kubernetes/pki/apiserver-kubelet-client.key https://${endpoint}/readyz`;
      expect(await lab.ssh('h2', curl)).toBe('ok');
      const result = await apply('--no-verify');
      good(result);
      expect(changesOf(result)).toEqual(['h1 service:kube-apiserver.service']);
    });

    test('with a master that cannot be reached kubectl works, and status tells of the rest', async () => {
      const before = dialNobody(lab, 'h2');
      expect(await lab.kubectl('get', 'nodes', '-o', 'name')).toBe('node/h1\nnode/h2\nnode/h3');
      const status = await lab.k8sup('status', lab.inventory);
      expect(status.exitCode).toBe(22);
      expect(status.stdout).toMatch(/h2.*unreachable/);
      expect(status.stdout).toMatch(/h3.*Ready/);
      writeFileSync(lab.inventory, before);
      expect((await lab.k8sup('status', lab.inventory)).exitCode).toBe(0);
    });

    test('clean leaves all three as they were', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    });
  },
);

async function startRelay(lab: LabHandle): Promise<ChildProcess> {
  const script = new URL('../support/relay.mjs', import.meta.url).pathname;
  const words = [
    `--net=/run/netns/k8sup-${lab.name}`,
    process.execPath,
    script,
    endpoint,
    '10.88.0.11:6443',
    '10.88.0.12:6443',
  ];
  const relay = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(relay.stdout, 'data');
  return relay;
}

/** Lets k8sup dial an address where nobody answers; gives the inventory from before. */
function dialNobody(lab: LabHandle, name: string): string {
  const before = readFileSync(lab.inventory, 'utf8');
  lab.edit(({ hosts }) => {
    const host = hosts.find((one) => one.name === name) ?? {};
    Object.assign(host, { ssh: { ...('ssh' in host ? (host.ssh as object) : {}), hostName: '10.88.0.99' } });
  });
  return before;
}
