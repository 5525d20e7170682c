import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NetworkStatusReport, NetworkTestReport } from '../../../src/engine/network-report.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';

const program = new URL('../../../dist/src/main.js', import.meta.url).pathname;
const namespace = 'namespace/k8sup-network-test';

describe.skipIf(noLab !== undefined)(
  `network status and test: two hosts, flannel vxlan${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;

    const status = (): Promise<K8supRun> => lab.k8sup('network', 'status', lab.inventory, '-o', 'json');
    const measure = (...flags: readonly string[]): Promise<K8supRun> =>
      lab.k8sup('network', 'test', lab.inventory, '-o', 'json', ...flags);
    const namespaces = (): Promise<string> => lab.kubectl('get', 'namespaces', '-o', 'name');

    /** Breaks something, and takes it back whatever comes of the work in between. */
    const broken = async <T>(host: string, breaks: string, heals: string, work: () => Promise<T>): Promise<T> => {
      await lab.ssh(host, breaks);
      try {
        return await work();
      } finally {
        await lab.ssh(host, heals);
      }
    };

    beforeAll(async () => {
      lab = await bootLab('e2e-network', 2, 'newest');
      good(await lab.k8sup('apply', lab.inventory, '--no-verify', '-o', 'json'));
    });
    afterAll(() => lab.down());

    test('a good network is shown whole, and measured whole', async () => {
      const looked = await status();
      good(looked);
      const shown = statusOf(looked);
      expect(shown).toMatchObject({ plugin: 'flannel', mode: 'vxlan', problems: [] });
      for (const node of shown.nodes)
        expect(node).toMatchObject({
          unit: { name: 'flanneld.service', state: 'active' },
          hostLink: { name: 'host0', mtu: 1500, up: true },
          tunnels: [{ name: 'flannel.1', mtu: 1450, vni: 1, port: 8472 }],
          lease: { FLANNEL_MTU: '1450' },
          announced: { 'backend-type': 'vxlan', 'public-ip': node.address },
          routes: [{ wanted: 'tunnel', ok: true }],
          peers: [{ fdb: true, neighbour: true }],
          masquerade: true,
        });
      const measured = await measure();
      good(measured);
      const report = testOf(measured);
      expect(report.paths.map(({ from, to }) => `${from} ${to}`)).toEqual(['h1 h1', 'h1 h2', 'h2 h1', 'h2 h2']);
      for (const path of report.paths.filter(({ from, to }) => from !== to)) {
        expect(path).toMatchObject({
          podToPod: { ok: true },
          podToService: { ok: true },
          hostToPod: { ok: true },
          way: { found: 'tunnel', wanted: 'tunnel', device: 'flannel.1' },
          packet: { largest: 1450, wanted: 1450 },
        });
        expect(path.hops).toHaveLength(2);
        expect(path.podToPod?.ms).toBeGreaterThan(0);
        expect(path.megabytesPerSecond).toBeGreaterThan(1);
      }
      expect(report).toMatchObject({
        nodes: [
          { name: 'h1', dns: { ok: true }, masquerade: { ok: true, to: 'h2', seen: '10.88.0.11' } },
          { name: 'h2', dns: { ok: true }, masquerade: { ok: true, to: 'h1', seen: '10.88.0.12' } },
        ],
        policy: { enforced: false, said: 'not enforced by flannel' },
        problems: [],
      });
      expect(await namespaces()).not.toContain(namespace);
    });

    test('a tunnel whose port is dropped is named, with the counters and the rule', async () => {
      const rule = 'INPUT -p udp --dport 8472 -j DROP';
      const result = await broken('h2', `iptables -I ${rule}`, `iptables -D ${rule}`, () => measure('--no-throughput'));
      expect(result.exitCode).toBe(22);
      const dropped = testOf(result).problems.filter(({ code }) => code === 'TUNNEL_PORT_DROPPED');
      expect(dropped).toMatchObject([
        { nodes: ['h1', 'h2'], what: expect.stringContaining('UDP port 8472') as string },
      ]);
      expect(dropped[0]?.why).toMatch(/^flannel\.1 of h1 sent \d+ packets, and that of h2 got 0; .*8472/);
      expect(testOf(result).paths.filter(({ podToPod }) => podToPod?.ok === true)).toEqual([]);
      expect(await namespaces()).not.toContain(namespace);
    });

    test('an MTU that is too large for a host is named by both commands', async () => {
      const mtu = (size: number): string => `ip link set host0 mtu ${String(size)}`;
      const [looked, measured] = await broken('h2', mtu(1400), mtu(1500), async () => [
        await status(),
        await measure('--no-throughput'),
      ]);
      expect([looked.exitCode, measured.exitCode]).toEqual([22, 22]);
      expect(new Set(statusOf(looked).problems.map(({ code }) => code))).toEqual(new Set(['MTU_TOO_LARGE']));
      const { paths, problems } = testOf(measured);
      expect(problems).toMatchObject([{ code: 'MTU_TOO_LARGE' }]);
      expect(problems[0]?.why).toMatch(/host0 .*1400; of the 1450 bytes of the pod's device 13\d\d come through/);
      expect(paths.filter(({ podToPod }) => podToPod?.ok === false)).toEqual([]);
    });

    test('a missing route is named by both commands, and is healed as they say', async () => {
      const cidr = await lab.kubectl('get', 'node', 'h2', '-o', 'jsonpath={.spec.podCIDR}');
      const missing = { code: 'ROUTE_MISSING', nodes: ['h1', 'h2'], why: expect.stringContaining(cidr) as string };
      const [looked, measured] = await broken(
        'h1',
        `ip route del ${cidr}`,
        'systemctl restart flanneld.service',
        async () => [await status(), await measure('--no-throughput')],
      );
      expect([looked.exitCode, measured.exitCode]).toEqual([22, 22]);
      expect(statusOf(looked).problems).toMatchObject([missing]);
      expect(testOf(measured).problems[0]).toMatchObject(missing);
      await waitUntil(async () => (await lab.ssh('h1', `ip route show ${cidr}`)) !== '', 20);
    });

    test('a test that was stopped leaves nothing, and what a killed one left is replaced by the next, which is good', async () => {
      expect(await interrupted(lab, 'SIGINT')).toBe(130);
      await waitUntil(async () => !(await namespaces()).includes(namespace), 30);
      await interrupted(lab, 'SIGKILL');
      expect(await namespaces()).toContain(namespace);
      const result = await measure('--no-throughput');
      good(result);
      expect(testOf(result).problems).toEqual([]);
      expect(await namespaces()).not.toContain(namespace);
    });
  },
);

function statusOf({ events }: K8supRun): NetworkStatusReport {
  const [found] = events.flatMap((event) => (event.type === 'network-status' ? [event.status] : []));
  if (found === undefined) throw new Error('no status was told');
  return found;
}

function testOf({ events, stdout, stderr }: K8supRun): NetworkTestReport {
  const [found] = events.flatMap((event) => (event.type === 'network-test' ? [event.test] : []));
  if (found === undefined) throw new Error(`no test was told:\n${stdout}${stderr}`);
  return found;
}

/** Sends a signal to a test that has its pods and measures; gives the exit code. */
async function interrupted(lab: LabHandle, signal: NodeJS.Signals): Promise<number | null> {
  const child = spawn(process.execPath, [program, 'network', 'test', lab.inventory, '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said.includes('measuring')) return;
    said += text;
    if (said.includes('measuring')) child.kill(signal);
  });
  return (await ended)[0];
}
