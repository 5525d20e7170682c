import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';
import { badRequests } from '../support/bad-csr.ts';
import { killDuringApply } from '../support/kill.ts';
import { mainPids, waitUntil, writeWithoutLoss } from '../support/observe.ts';

const hosts = ['h1', 'h2', 'h3'] as const;
const nodeUnits = ['kubelet.service', 'kube-proxy.service', 'flanneld.service', 'containerd.service', 'etcd.service'];

describe.skipIf(noLab !== undefined)(
  `newest profile: three hosts, containerd, flannel vxlan${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let baseline: ReadonlyMap<string, Snapshot>;

    const look = async (): Promise<ReadonlyMap<string, Snapshot>> =>
      new Map(await Promise.all(hosts.map(async (host) => [host, await snapshot(lab, host)] as const)));
    const differences = (
      before: ReadonlyMap<string, Snapshot>,
      after: ReadonlyMap<string, Snapshot>,
    ): readonly string[] =>
      hosts.flatMap((host) =>
        difference(before.get(host) ?? new Map(), after.get(host) ?? new Map()).map((line) => `${host} ${line}`),
      );
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
    const plan = (...flags: readonly string[]) => lab.k8sup('plan', lab.inventory, '-o', 'json', ...flags);

    beforeAll(async () => {
      lab = await bootLab('e2e-newest', 3, 'newest');
      baseline = await look();
    });
    afterAll(() => lab.down());

    test('plan on a fresh lab tells of changes and makes none', async () => {
      const result = await plan();
      expect(good(result).changed).toBeGreaterThan(100);
      expect(differences(baseline, await look())).toEqual([]);
    });

    test('apply makes a cluster whose nodes are Ready, and proves it', async () => {
      const result = await apply();
      const summary = good(result);
      expect(summary).toMatchObject({ ok: true, failed: 0, hosts: 3 });
      const checks = result.events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
      expect(checks.length).toBeGreaterThanOrEqual(7);
      expect(checks.filter((check) => !check.ok)).toEqual([]);
      const nodes = JSON.parse(await lab.kubectl('get', 'nodes', '-o', 'json')) as NodeList;
      expect(
        nodes.items.map((node) => [
          node.metadata.name,
          node.status.conditions.find(({ type }) => type === 'Ready')?.status,
        ]),
      ).toEqual(hosts.map((host) => [host, 'True']));
      expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('k8sup-verify');
    });

    test('a second apply changes nothing, and every process is the one from before', async () => {
      const before = await mainPids(lab, hosts);
      const summary = good(await apply('--no-verify'));
      expect(summary).toMatchObject({ changed: 0, restarted: 0, failed: 0 });
      expect(await mainPids(lab, hosts)).toEqual(before);
    });

    test('plan on an applied lab changes nothing', async () => {
      const before = await look();
      expect(good(await plan('--diff'))).toMatchObject({ changed: 0, restarted: 0 });
      const after = await look();
      // A living cluster writes by itself: only what k8sup itself could touch is compared.
      const own =
        /^h\d [-+~] (file \/(etc|opt|usr|root|var\/lib\/k8sup|run\/k8sup)|link (?!veth)|unit |unit-file |sysctl (?!net)|hostname)/;
      expect(differences(before, after).filter((line) => own.test(line))).toEqual([]);
    });

    test('drift is named exactly by plan and repaired exactly by apply', async () => {
      await lab.ssh('h2', 'echo "# edited" >> /etc/systemd/system/kube-proxy.service');
      await lab.ssh('h3', 'systemctl stop flanneld.service; sysctl -qw net.ipv4.ip_forward=0');
      await lab.ssh('h1', 'rm /etc/kubernetes/pki/front-proxy-client.crt');
      const wanted = [
        'h1 file:/etc/kubernetes/pki/front-proxy-client.crt',
        'h2 file:/etc/systemd/system/kube-proxy.service',
        'h2 service:kube-proxy.service',
        'h3 service:flanneld.service',
        'h3 sysctl:net.ipv4.ip_forward',
      ];
      expect([...changesOf(await plan())].sort()).toEqual(wanted);
      const applied = await apply('--no-verify');
      good(applied);
      expect([...changesOf(applied)].sort()).toEqual(wanted);
      expect(good(await plan())).toMatchObject({ changed: 0 });
    });

    test('a kubelet setting in the inventory restarts the kubelets and nothing else', async () => {
      const before = await mainPids(lab, hosts);
      lab.edit(({ cluster }) => (cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 105 }));
      const summary = good(await apply('--no-verify'));
      expect(summary.restarted).toBe(3);
      const after = await mainPids(lab, hosts);
      const changed = [...after].filter(([key, pid]) => before.get(key) !== pid).map(([key]) => key);
      expect(changed.sort()).toEqual(hosts.map((host) => `${host} kubelet.service`));
    });

    test('an etcd setting restarts the members one at a time, while a client writes without loss', async () => {
      lab.edit(({ cluster }) => (cluster['etcd'] = { ...cluster['etcd'], extraArgs: { 'snapshot-count': '20000' } }));
      const { lost, written } = await writeWithoutLoss(lab, async () => {
        const summary = good(await apply('--no-verify'));
        expect(summary.restarted).toBe(3);
      });
      expect(written).toBeGreaterThan(10);
      expect(lost).toEqual([]);
    });

    test('one stage alone; flannel goes from vxlan to host-gw by apply', async () => {
      expect(good(await lab.k8sup('stage', '06.network', lab.inventory, '-o', 'json'))).toMatchObject({ changed: 0 });
      lab.edit(({ cluster }) => (cluster['network'] = { plugin: 'flannel', flannel: { backend: 'host-gw' } }));
      good(await apply());
      const routes = await lab.ssh('h1', 'ip route show root 10.244.0.0/16');
      expect(routes).toMatch(/via 10\.88\.0\.12/);
      expect(routes).toMatch(/via 10\.88\.0\.13/);
    });

    test('a rebooted host is Ready again by itself, and apply finds nothing to change', async () => {
      const bootId = await lab.ssh(
        'h3',
        'cat /proc/sys/kernel/random/boot_id; (sleep 0.2; systemctl reboot) >/dev/null 2>&1 &',
      );
      await waitUntil(
        async () => (await lab.ssh('h3', 'cat /proc/sys/kernel/random/boot_id').catch(() => bootId)) !== bootId,
        90,
      );
      await lab.kubectl('wait', '--for=condition=Ready', 'node/h3', '--timeout=120s');
      await waitUntil(
        async () =>
          (await lab.ssh('h3', `systemctl is-active ${nodeUnits.join(' ')} || :`))
            .trim()
            .split('\n')
            .every((state) => state === 'active'),
        60,
      );
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('certificate requests that are not exactly as expected stay pending and are listed', async () => {
      const names = await badRequests(lab);
      const result = await apply('--no-verify');
      good(result);
      const csrs = JSON.parse(await lab.kubectl('get', 'csr', '-o', 'json')) as CsrList;
      const pending = csrs.items.filter((csr) => csr.status.conditions === undefined).map((csr) => csr.metadata.name);
      expect([...pending].sort()).toEqual([...names].sort());
      const warnings = result.events.flatMap((event) => (event.type === 'warning' ? [event.text] : [])).join('\n');
      for (const name of names) expect(warnings).toContain(name);
      await lab.kubectl('delete', 'csr', ...names);
    });

    test('status tells of hosts, units, members, nodes and certificates', async () => {
      const result = await lab.k8sup('status', lab.inventory);
      expect(result.exitCode).toBe(0);
      for (const word of [...hosts, 'etcd.service', 'kube-apiserver.service', 'v1.36.3', 'Ready', 'days'])
        expect(result.stdout).toContain(word);
    });

    test('clean leaves the hosts as they were before apply, and SSH is never lost', async () => {
      const summary = good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      expect(summary.failed).toBe(0);
      expect(differences(baseline, await look())).toEqual([]);
    });

    test('a controller killed in the middle of apply; apply then ends in a working cluster', async () => {
      await killDuringApply(lab, '03.runtime');
      await killDuringApply(lab, '05.kube-node');
      expect(good(await apply())).toMatchObject({ ok: true, failed: 0 });
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });
  },
);

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

interface CsrList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly conditions?: unknown };
  }[];
}
