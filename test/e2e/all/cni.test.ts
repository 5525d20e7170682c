import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bootLab, changesOf, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';
import { ask, stopServers, testPod } from '../../support/pods.ts';
import type { TestPod } from '../../support/pods.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import type { Snapshot } from '../../support/snapshot.ts';

const hosts = ['h1', 'h2'] as const;
const ranges = { h1: { from: '10.89.0.20', to: '10.89.0.89' }, h2: { from: '10.89.0.90', to: '10.89.0.159' } };
const lan = { master: 'host1', subnet: '10.89.0.0/24', gateway: '10.89.0.1', ranges };

describe.skipIf(noLab !== undefined)(
  `networks of CNI plugins, two hosts on two subnets${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let listener: ChildProcess;
    let baseline: readonly Snapshot[];
    let pods: readonly [TestPod, TestPod];
    const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
    const network = (value: Record<string, unknown>): void => {
      lab.edit(({ cluster }) => {
        cluster['network'] = value;
        cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 60 };
      });
    };

    beforeAll(async () => {
      lab = await bootLab('e2e-cni', 2, 'newest', { subnets: 2, secondInterface: true });
      baseline = await look();
      listener = await listenOnRouter(lab);
    });
    afterAll(async () => {
      listener.kill('SIGTERM');
      await lab.down();
    });

    test('what cannot work is refused on both hosts, each with its code, before anything is changed', async () => {
      network({ plugin: 'bridge', mtu: 9000, secondInterface: { ...lan, master: 'host9' } });
      const result = await apply();
      expect(result.exitCode).not.toBe(0);
      const said = result.events.flatMap((event) => (event.type === 'error' ? [event.error.why ?? ''] : [])).join('\n');
      for (const host of hosts) {
        for (const code of ['BRIDGE_ACROSS_SUBNETS', 'MTU_TOO_LARGE', 'INTERFACE_MISSING'])
          expect(said).toMatch(new RegExp(`^${host}: .*\\[${code}\\]`, 'm'));
      }
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    });

    test('none: apply ends well, says what comes next, and nodes get Ready by a network of the user', async () => {
      network({ plugin: 'none' });
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true });
      const notes = notesOf(result);
      expect(notes).toMatch(/\/etc\/cni\/net\.d.*\/opt\/cni\/bin/);
      const skipped = result.events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
      expect(skipped).toEqual([expect.objectContaining({ name: 'pods', skipped: true, ok: true })]);
      expect(await readyNodes(lab)).toBe('h1=False h2=False');
      for (const name of hosts) {
        const subnet = new RegExp(`${name} (\\S+)`).exec(notes)?.[1] ?? '';
        await lab.ssh(name, `cat >/etc/cni/net.d/50-own.conflist <<'END'\n${ownNetwork(subnet)}\nEND`);
      }
      await waitUntil(async () => (await readyNodes(lab)) === 'h1=True h2=True', 90);
      for (const name of hosts) await lab.ssh(name, 'rm /etc/cni/net.d/50-own.conflist');
    });

    test('bridge by a gateway: with the routes that apply prints on the router, verify is green', async () => {
      network({
        plugin: 'bridge',
        bridge: { gateways: { h1: '10.88.0.1', h2: '10.88.1.1' } },
        mtu: 1400,
        nonMasqueradeCIDRs: ['10.88.1.1/32'],
        secondInterface: lan,
      });
      const result = await apply('--no-verify', '--yes');
      good(result);
      const routes = notesOf(result).match(/ip route replace .*/g) ?? [];
      expect(routes.map((route) => route.split(' via ')[1])).toEqual(['10.88.0.11', '10.88.1.12']);
      await lab.onRouter(routes.join('\n'));
      good(await lab.k8sup('verify', lab.inventory, '-o', 'json'));
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
      await lab.kubectlWithInput(workload(imageOf(lab)), 'apply', '-f', '-');
      pods = await startPods(lab);
    });

    test('pods see each other under their own address, and what leaves the pod network their node, but for the blocks that are left out', async () => {
      const [one, two] = pods;
      expect(await one.run(ask(`TCP4:${two.ip}:8080`))).toBe(one.ip);
      expect(await two.run(ask(`TCP4:${one.ip}:8080`))).toBe(two.ip);
      expect(await one.run(ask('TCP4:10.88.0.1:9999'))).toBe('10.88.0.11');
      expect(await one.run(ask('TCP4:10.88.1.1:9999'))).toBe(one.ip);
    });

    test('a full-size packet passes between nodes unsplit, and one byte more does not', async () => {
      const [one, two] = pods;
      await one.run(`ping -c 1 -W 3 -M do -s ${String(1400 - 28)} ${two.ip}`);
      await expect(one.run(`ping -c 1 -W 3 -M do -s ${String(1400 - 27)} ${two.ip} 2>&1`)).rejects.toThrow(
        /message too long|mtu=1400/,
      );
    });

    test('host ports answer over TCP and UDP from outside, and a pod reaches itself through its Service', async () => {
      expect(await lab.onRouter(ask('TCP4:10.88.0.11:18080'))).not.toBe('');
      expect(await lab.onRouter(ask('UDP4:10.88.0.11:18081'))).not.toBe('');
      const service = await lab.kubectl('get', 'service', 'one', '-o', 'jsonpath={.spec.clusterIP}');
      expect(await pods[0].run(ask(`TCP4:${service}:80`))).not.toBe('');
    });

    test('bandwidth annotations limit the pod’s interfaces', async () => {
      const queues = await lab.ssh('h1', 'tc qdisc show');
      expect(queues).toMatch(/tbf .*rate 20Mbit/);
      expect(queues).toMatch(/dev bwp\S+ .*rate 10Mbit/);
      const [one, two] = pods;
      const sink = '/run/k8sup-test-sink';
      await two.run(
        `socat -u TCP4-LISTEN:8082,fork,reuseaddr OPEN:/dev/null </dev/null >/dev/null 2>&1 & echo $! >${sink}`,
      );
      // The runtime asks for the largest burst there is: the limit is felt once some hundred MB are through.
      const send = `head -c 8000000 /dev/zero | socat -u - TCP4:${two.ip}:8082,retry=10,interval=0.3`;
      const took = await one.run(
        `n=0; while [ $n -lt 80 ]; do n=$((n + 1)); s=$(date +%s%N); ${send}; t=$((($(date +%s%N) - s) / 1000000)); [ $t -lt 4000 ] || break; done; echo $n $t`,
      );
      await two.run(`kill $(cat ${sink}); rm ${sink}`);
      const [sent = 0, milliseconds = 0] = took.trim().split(' ').map(Number);
      const rate = 64_000 / milliseconds;
      process.stdout.write(`limited to 10 Mbit/s, after ${String(sent * 8 - 8)} MB: ${rate.toFixed(1)} Mbit/s\n`);
      expect(rate).toBeLessThan(16);
    });

    test('each pod has a second interface on the other network, and they reach each other there', async () => {
      const addresses = await Promise.all(
        pods.map(
          async (pod) => /inet (10\.89\.0\.\d+)\//.exec(await pod.run('ip -4 address show dev eth1'))?.[1] ?? '',
        ),
      );
      expect(addresses.map((address) => Number(address.split('.')[3]) >= 90)).toEqual([false, true]);
      await pods[0].run(`ping -c 2 -W 3 -I eth1 ${addresses[1] ?? ''}`);
    });

    test('network test finds the way by the router, with the MTU of the inventory', async () => {
      const measured = await lab.k8sup('network', 'test', lab.inventory, '-o', 'json', '--no-throughput');
      good(measured);
      const [report] = measured.events.flatMap((event) => (event.type === 'network-test' ? [event.test] : []));
      expect(report?.problems).toEqual([]);
      for (const path of (report?.paths ?? []).filter(({ from, to }) => from !== to)) {
        expect(path).toMatchObject({ way: { found: 'direct', wanted: 'direct' }, packet: { largest: 1400 } });
        // One more than over a switch: host, router, host.
        expect(path.hops).toHaveLength(3);
      }
      expect(report?.paths).toHaveLength(4);
    });

    test('flannel with a block that is left out: k8sup’s rules hide pods in flanneld’s place, and go when it is taken out again', async () => {
      network({ plugin: 'flannel', nonMasqueradeCIDRs: ['10.88.1.1/32'] });
      good(await apply('--no-verify', '--yes'));
      pods = await startPods(lab);
      const [one, two] = pods;
      expect(await one.run(ask(`TCP4:${two.ip}:8080`))).toBe(one.ip);
      expect(await one.run(ask('TCP4:10.88.0.1:9999'))).toBe('10.88.0.11');
      const seen = await lab.ssh('h1', 'nft list table ip k8sup');
      expect(seen).toContain('ip daddr 10.88.1.1 return');
      expect(await lab.onRouter(ask('TCP4:10.88.0.11:18080'))).not.toBe('');
      expect(await lab.onRouter(ask('UDP4:10.88.0.11:18081'))).not.toBe('');
      expect(await one.run('ip -o link')).not.toContain('eth1');
      network({ plugin: 'flannel' });
      const back = await apply('--no-verify');
      good(back);
      expect(changesOf(back)).toContain('h1 absent-unit:k8sup-routes.service');
      expect(await lab.ssh('h1', 'nft list tables')).not.toContain('ip k8sup');
      expect(await one.run(ask('TCP4:10.88.1.1:9999'))).toBe('10.88.0.11');
    });

    test('behind a firewall of the hosts’ own nothing comes through, and with the rules that plan prints all does', async () => {
      const [one, two] = pods;
      const reached = () => one.run(`ping -c 1 -W 2 ${two.ip}`);
      for (const name of hosts)
        await lab.ssh(name, `systemctl -q enable nftables.service\nnft -f - <<'END'\n${strictRules}\nEND`);
      await expect(reached()).rejects.toThrow();
      const told = notesOf(await lab.k8sup('plan', lab.inventory, '-o', 'json'));
      for (const name of hosts) {
        const rules =
          told
            .split(/^on /m)
            .find((part) => part.startsWith(`${name}:`))
            ?.match(/nft add rule .*/g) ?? [];
        expect(rules.join('\n')).toContain('udp dport { 8472 } accept');
        await lab.ssh(name, rules.join('\n'));
      }
      good(await lab.k8sup('verify', lab.inventory, '-o', 'json'));
      await reached();
      for (const name of hosts)
        await lab.ssh(name, 'nft delete table inet filter; systemctl -q disable nftables.service');
    });

    test('macvlan: pods are on the LAN, verify proves what works and says what it cannot try', async () => {
      network({ plugin: 'macvlan', macvlan: lan });
      const result = await apply('--yes');
      expect(good(result)).toMatchObject({ ok: true });
      const checks = result.events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
      const named = (skipped: boolean) =>
        [...new Set(checks.filter((check) => (check.skipped === true) === skipped).map(({ name }) => name))].sort();
      expect(named(true)).toEqual(['ClusterIP', 'DNS', 'DNS search list', 'NodePort']);
      expect(named(false)).toEqual(expect.arrayContaining(['kubectl exec', 'pod to pod', 'pods']));
      pods = await startPods(lab);
      const [one, two] = pods;
      expect(one.ip).toMatch(/^10\.89\.0\./);
      expect(await one.run(ask(`TCP4:${two.ip}:8080`))).toBe(one.ip);
      expect(await lab.onRouter(ask(`TCP4:${one.ip}:8080`))).toBe('10.89.0.1');
      expect(await lab.kubectl('get', 'deployments', '-n', 'kube-system', '-o', 'name')).toBe('');
    });

    test('clean leaves both as they were', async () => {
      for (const name of hosts) await stopServers(lab.host(name));
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    });
  },
);

async function startPods(lab: LabHandle): Promise<readonly [TestPod, TestPod]> {
  await lab.kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/one', 'pod/two');
  const one = await testPod(lab, lab.host('h1'), 'one');
  const two = await testPod(lab, lab.host('h2'), 'two');
  await one.serve();
  await two.serve();
  return [one, two];
}

function notesOf(result: K8supRun): string {
  return result.events.flatMap((event) => (event.type === 'note' ? [event.text] : [])).join('\n');
}

async function readyNodes(lab: LabHandle): Promise<string> {
  const path = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}';
  return (await lab.kubectl('get', 'nodes', '-o', `jsonpath=${path}`)).trim();
}

function imageOf(lab: LabHandle): string {
  const { cluster } = parse(readFileSync(lab.inventory, 'utf8')) as { cluster: { images: { verify: string } } };
  return cluster.images.verify;
}

/** Debian's own chains, with nothing let in but what an operator always lets in. */
const strictRules = `table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    tcp dport 22 accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
  }
}`;

/** A network as a user may bring it. */
function ownNetwork(subnet: string): string {
  const ipam = { type: 'host-local', ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] };
  const plugin = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, ipam };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'own', plugins: [plugin] });
}

/** A pod on each host; the first has host ports, limits and a Service of its own. */
function workload(image: string): string {
  const pod = (name: string, nodeName: string, annotations: object, ports: readonly object[]): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name }, annotations },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'idle', image, imagePullPolicy: 'IfNotPresent', command: ['sleep', '86400'], ports }],
    },
  });
  const limits = { 'kubernetes.io/ingress-bandwidth': '20M', 'kubernetes.io/egress-bandwidth': '10M' };
  const ports = [
    { containerPort: 8080, hostPort: 18080 },
    { containerPort: 8081, hostPort: 18081, protocol: 'UDP' },
  ];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'one' },
    spec: { selector: { app: 'one' }, ports: [{ port: 80, targetPort: 8080 }] },
  };
  const items = [pod('one', 'h1', limits, ports), pod('two', 'h2', {}, []), service];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Tells each caller, on the router, the address it sees it under. */
async function listenOnRouter(lab: LabHandle): Promise<ChildProcess> {
  const script =
    "require('net').createServer((s) => { s.on('error', () => {}); s.end(s.remoteAddress.replace('::ffff:', '')); }).listen(9999, () => console.log('up'))";
  const words = [`--net=/run/netns/k8sup-${lab.name}`, process.execPath, '-e', script];
  const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}
