import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { parseEventLines } from '../support/event-schema.ts';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';
import { createRequests, labKubectl } from '../support/create-requests.ts';
import { hostileRequests } from '../support/hostile-requests.ts';
import { killDuringApply } from '../support/kill.ts';
import { lastDowntime, loggingIn, mainPids, waitUntil, writeWithoutLoss } from '../support/observe.ts';

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

    const lastJournal = (): readonly RunEvent[] => {
      const folder = join(lab.dir, '.k8sup', 'e2e-newest', 'logs');
      const journals = readdirSync(folder).filter((name) => name.endsWith('-apply.ndjson'));
      return parseEventLines(readFileSync(join(folder, journals.sort().at(-1) ?? ''), 'utf8')) as readonly RunEvent[];
    };

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
      expect(checks.filter((check) => !check.ok)).toEqual([]);
      const count = (name: string): number => checks.filter((check) => check.name === name).length;
      expect(Object.fromEntries(checks.map(({ name }) => [name, count(name)]))).toMatchObject({
        pods: 1,
        'pod to pod': 3,
        endpoints: 1,
        ClusterIP: 1,
        'kubectl exec': 1,
        'kubectl logs': 1,
        NodePort: 3,
        route: 3,
      });
      expect(count('DNS')).toBeGreaterThanOrEqual(1);
      const nodes = JSON.parse(await lab.kubectl('get', 'nodes', '-o', 'json')) as NodeList;
      expect(
        nodes.items.map((node) => [
          node.metadata.name,
          node.status.conditions.find(({ type }) => type === 'Ready')?.status,
        ]),
      ).toEqual(hosts.map((host) => [host, 'True']));
      expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('k8sup-verify');
    });

    test('its journal is as the schema says, and gives a report of its own', async () => {
      const events = lastJournal();
      const types = new Set(events.map(({ type }) => type));
      expect([...types]).toEqual(expect.arrayContaining(['run-stages', 'looked', 'step-start', 'host-done', 'check']));
      const page = await lab.k8sup('report', '-i', lab.inventory, '--out', '-');
      expect(page.exitCode).toBe(0);
      for (const text of ['10.88.0.12', '05.kube-node', 'network: flannel']) expect(page.stdout).toContain(text);
      const runs = await lab.k8sup('runs', lab.inventory);
      expect(runs.stdout).toMatch(/-apply +apply +done/);
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
        /^h\d [-+~] (file \/(etc|opt|usr|root|var\/lib\/k8sup|run\/k8sup)|link (?!veth)|unit |unit-file |rule |route (?!.*veth)|sysctl (?!net|fs|kernel\.(random|pty|ns_last))|sysctl net\.(ipv4\.ip_forward|bridge\.bridge-nf|ipv4\.conf\.(all|default)\.rp_filter)|hostname)/;
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
      // Nobody asked for differences, yet a report is to show them.
      expect(applied.stdout).not.toContain('# edited');
      const kept = lastJournal().flatMap((event) => (event.type === 'change' ? [event.diff ?? ''] : []));
      expect(kept.join('')).toContain('\n-# edited\n');
      expect(good(await plan())).toMatchObject({ changed: 0 });
    });

    test('Secrets are encrypted in etcd, and no node holds what only a master or the controller may', async () => {
      await lab.kubectl('create', 'secret', 'generic', 'marker', '--from-literal=word=k8sup-plain-marker');
      const etcdctl =
        'ETCDCTL_API=3 /opt/k8sup/bin/etcdctl --endpoints https://10.88.0.11:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key';
      const stored = await lab.ssh('h1', `${etcdctl} get /registry/secrets/default/marker | tr -c '[:print:]' '.'`);
      await lab.kubectl('delete', 'secret', 'marker');
      expect(stored).toContain('k8s:enc:');
      expect(stored).not.toContain('k8sup-plain-marker');
      for (const host of hosts) {
        expect(await lab.ssh(host, adminCredentials), host).toBe('');
        expect(await lab.ssh(host, "find /etc/etcd /etc/kubernetes -name '*ca*.key'")).toBe(
          host === 'h1' ? '/etc/kubernetes/pki/ca.key' : '',
        );
      }
    });

    test('verify names what is broken, apply repairs it', async () => {
      await lab.kubectl('-n', 'kube-system', 'scale', 'deployment/coredns', '--replicas=0');
      await lab.kubectl('-n', 'kube-system', 'wait', '--for=delete', 'pod', '-l', 'k8s-app=kube-dns', '--timeout=60s');
      const result = await lab.k8sup('verify', lab.inventory, '-o', 'json');
      expect(result.exitCode).toBe(22);
      const failed = result.events.flatMap((event) =>
        event.type === 'check' && !event.check.ok ? [event.check.name] : [],
      );
      expect(failed).toEqual(['DNS', 'DNS search list']);
      expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('k8sup-verify');
      const repaired = await apply('--no-verify');
      expect(good(repaired)).toMatchObject({ ok: true, changed: 1 });
      expect(changesOf(repaired)).toEqual([expect.stringContaining('Deployment kube-system/coredns')]);
    });

    test('edits that are not safe on a living cluster are refused, and so is half a clean', async () => {
      const before = await mainPids(lab, hosts);
      const good = readFileSync(lab.inventory, 'utf8');
      lab.edit(({ cluster }) => (cluster['network'] = { ...cluster['network'], podCIDR: '10.245.0.0/16' }));
      for (const result of [await plan(), await apply()]) {
        expect(result.exitCode).toBe(21);
        expect(result.stdout + result.stderr).toContain('UNSAFE_CHANGE_POD_CIDR');
      }
      writeFileSync(lab.inventory, good);
      const half = await lab.k8sup('clean', lab.inventory, '--yes', '--limit', 'h3');
      expect([half.exitCode, half.stderr]).toEqual([21, expect.stringContaining('UNSAFE_CLEAN_LIMIT')]);
      const unasked = await lab.k8sup('clean', lab.inventory);
      expect([unasked.exitCode, unasked.stderr]).toEqual([64, expect.stringContaining('NOT_CONFIRMED')]);
      expect(await mainPids(lab, hosts)).toEqual(before);
    });

    test('labels and taints come with the inventory and go with it; those of others stay', async () => {
      await lab.kubectl('label', 'node', 'h3', 'someone.else/label=stays');
      lab.edit(({ hosts: list }) =>
        Object.assign(list[2] ?? {}, {
          labels: { disk: 'fast' },
          taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
        }),
      );
      expect(changesOf(await apply('--no-verify'))).toEqual([expect.stringContaining('Node h3')]);
      const node = async () =>
        JSON.parse(await lab.kubectl('get', 'node', 'h3', '-o', 'json')) as {
          readonly metadata: { readonly labels: Readonly<Record<string, string>> };
          readonly spec: { readonly taints?: readonly unknown[] };
        };
      const there = await node();
      expect(there.metadata.labels).toMatchObject({ disk: 'fast', 'someone.else/label': 'stays' });
      expect(there.spec.taints).toEqual([{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }]);
      lab.edit(({ hosts: list }) => Object.assign(list[2] ?? {}, { labels: {}, taints: [] }));
      good(await apply('--no-verify'));
      const gone = await node();
      expect(gone.metadata.labels['disk']).toBeUndefined();
      expect(gone.metadata.labels['someone.else/label']).toBe('stays');
      expect(gone.spec.taints ?? []).toEqual([]);
      await lab.kubectl('label', 'node', 'h3', 'someone.else/label-');
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
      // The hosts share one kernel, and so one monotonic clock: no member was down while another one was.
      const down = await Promise.all(hosts.map((host) => lastDowntime(lab, host, 'etcd.service')));
      const inOrder = [...down].sort((a, b) => a.from - b.from);
      for (const [index, { from }] of inOrder.slice(1).entries())
        expect(from).toBeGreaterThan(inOrder[index]?.to ?? NaN);
    });

    test('one stage alone; flannel goes from vxlan to host-gw by apply', async () => {
      await lab.ssh('h2', 'rm /etc/cni/net.d/10-k8sup.conflist; systemctl stop kube-proxy.service');
      const alone = await lab.k8sup('stage', 'network', lab.inventory, '-o', 'json');
      good(alone);
      expect(changesOf(alone)).toEqual(['h2 file:/etc/cni/net.d/10-k8sup.conflist']);
      expect(alone.events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []))).toEqual([
        '00.connect',
        '06.network',
      ]);
      await lab.ssh('h2', 'systemctl start kube-proxy.service');
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
      const now = (await lab.ssh('h3', 'cat /proc/sys/kernel/random/boot_id')).trim();
      // The status from before the reboot says Ready too.
      await waitUntil(
        async () => (await lab.kubectl('get', 'node', 'h3', '-o', 'jsonpath={.status.nodeInfo.bootID}')) === now,
        120,
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
      const hostile = hostileRequests(['h1', 'h2'], ['10.88.0.11', '10.88.0.12'])
        .map(({ object }) => object)
        .filter(({ name }) =>
          /bad-(client-(?!by-another)|usage-any|san-address-of-another|san-wildcard|by-somebody)/.test(name),
        );
      const names = hostile.map(({ name }) => name);
      expect(await createRequests(labKubectl(lab), hostile)).toEqual(new Map());
      const result = await apply('--no-verify');
      good(result);
      const conditions = `jsonpath={range .items[*]}{.metadata.name}={.status.conditions[*].type} {end}`;
      const pending = (await lab.kubectl('get', 'csr', '-o', conditions)).match(/\S+(?== )/g) ?? [];
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
      const { result, logins } = await loggingIn(lab, hosts, () =>
        lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'),
      );
      expect(good(result).failed).toBe(0);
      expect(logins.failed).toEqual([]);
      expect(logins.good).toBeGreaterThan(hosts.length);
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

/** Prints each kubeconfig on a host that holds credentials of the group that may do everything. */
const adminCredentials = `grep -rlsE 'client-certificate-data|BEGIN CERTIFICATE' /etc/kubernetes /root /var/lib/kubelet /var/lib/k8sup /home 2>/dev/null | while read -r f; do
  { sed -n 's/.*client-certificate-data: *//p' "$f" | base64 -d 2>/dev/null; cat "$f"; } | openssl x509 -noout -subject 2>/dev/null | grep -q 'system:masters' && echo "$f"
done; true`;

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}
