import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/engine/events.ts';
import { formatAddress, parseAddress } from '../../../src/inventory/cidr.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import type { Snapshot } from '../../support/snapshot.ts';

const hosts = ['h1', 'h2'] as const;
type Family = 'ipv4' | 'ipv6';
const podCIDR = { ipv4: '10.244.0.0/16', ipv6: 'fd00:10:244::/56' } as const;
const serviceCIDR = { ipv4: '10.96.0.0/16', ipv6: 'fd00:10:96::/112' } as const;
/** The lab's router, which knows no route to pods. */
const router = { ipv4: '10.88.0.1', ipv6: 'fd88::1' } as const;

/** Tells everybody who asks at port 7777 by which address they came. */
const mirror = (family: Family): string =>
  `setsid socat ${family === 'ipv6' ? 'TCP6-LISTEN:7777,ipv6only=1' : 'TCP4-LISTEN:7777'},fork,reuseaddr SYSTEM:'echo $SOCAT_PEERADDR' >/dev/null 2>&1 & echo $!`;

describe.skipIf(noLab !== undefined)(`both families, and IPv6 alone${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  let baseline: readonly Snapshot[];
  let image = '';
  const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
  const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
  const families = (list: readonly Family[], network: object, proxyMode: string): void =>
    lab.edit((inventory) => {
      const joined = (of: Record<Family, string>): string => list.map((family) => of[family]).join(',');
      inventory.cluster['network'] = { ...network, podCIDR: joined(podCIDR), serviceCIDR: joined(serviceCIDR) };
      inventory.cluster['kubeProxy'] = { ...inventory.cluster['kubeProxy'], mode: proxyMode };
      for (const host of inventory.hosts) {
        const { address: ipv4, address6: ipv6 = '' } = lab.host(host.name);
        host.address = joined({ ipv4, ipv6 });
        // The way to the hosts stays what it is: the cluster's addresses are what is tried here.
        host['ssh'] = { ...(host['ssh'] as object | undefined), hostName: ipv4 };
      }
    });
  const cleanExactly = async (): Promise<void> => {
    good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
    const after = await look();
    expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
  };

  beforeAll(async () => {
    lab = await bootLab('e2e-dual', 2, 'newest', { ipv6: true, routerAdvertisements: true });
    lab.edit((inventory) => (image = String(inventory.cluster['images']?.['verify'])));
    await waitUntil(async () => (await defaultRoute(lab, 'h1')) !== '' && (await defaultRoute(lab, 'h2')) !== '', 30);
    baseline = await look();
  });
  afterAll(() => lab.down());

  describe('flannel with vxlan, nftables', () => {
    test('apply proves pods, Services, NodePorts and DNS in each family', async () => {
      families(['ipv4', 'ipv6'], { plugin: 'flannel' }, 'nftables');
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      const checks = checksOf(result);
      for (const family of ['IPv4', 'IPv6'])
        for (const [from, to] of [
          ['h1', 'h2'],
          ['h2', 'h1'],
        ])
          expect(checks).toContainEqual(
            expect.objectContaining({
              tried: `ping and http, ${from ?? ''} to ${to ?? ''} by ${family}`,
              ok: true,
              result: expect.stringMatching(
                family === 'IPv6' ? /^fd00:10:244:.*seen as itself$/ : /^10\.244\..*seen as itself$/,
              ) as string,
            }),
          );
      expect(checks.filter(({ name }) => name === 'ClusterIP').map(({ tried }) => tried)).toEqual([
        expect.stringMatching(/^http:\/\/10\.96\./),
        expect.stringMatching(/^http:\/\/\[fd00:10:96::/),
      ]);
      expect(checks).toContainEqual(
        expect.objectContaining({ name: 'DNS', tried: expect.stringContaining('A and AAAA') as string, ok: true }),
      );
      expect(
        checks.filter(({ name }) => name === 'NodePort').map(({ tried }) => tried.replace(/\d+ of/, 'N of')),
      ).toEqual(['port N of 2 nodes at 4 addresses from h1', 'port N of 2 nodes at 4 addresses from h2']);
    });

    test('nodes and the cluster’s own Services have addresses of both', async () => {
      const addresses = await lab.kubectl(
        'get',
        'nodes',
        '-o',
        'jsonpath={range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address} {.spec.podCIDRs}{"\\n"}{end}',
      );
      expect(addresses).toMatch(/^10\.88\.0\.11 fd88::11 \["10\.244\.\d+\.0\/24","fd00:10:244(:\d*)?::\/64"\]$/m);
      expect(addresses).toMatch(/^10\.88\.0\.12 fd88::12 /m);
      const dns = await lab.kubectl(
        '-n',
        'kube-system',
        'get',
        'service',
        'kube-dns',
        '-o',
        'jsonpath={.spec.clusterIPs}',
      );
      expect(dns).toBe('["10.96.0.10","fd00:10:96::a"]');
      const status = await lab.k8sup('status', lab.inventory);
      expect(status.exitCode).toBe(0);
      expect(status.stdout).toMatch(/h1 +10\.88\.0\.11,fd88::11/);
      expect(status.stdout).toMatch(/10\.244\.\d+\.0\/24,fd00:10:244/);
      const certificate =
        'openssl s_client -connect [fd88::11]:6443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName';
      const names = await lab.ssh('h2', certificate);
      expect(names).toContain('IP Address:FD88:0:0:0:0:0:0:11');
      expect(names).toContain('IP Address:FD00:10:96:0:0:0:0:1');
    });

    test('what leaves the pod network has the host’s address, in both families, and full packets pass', async () => {
      const started = await Promise.all((['ipv4', 'ipv6'] as const).map((family) => lab.onRouter(mirror(family))));
      try {
        const pods = await podsOn(lab, image);
        for (const family of ['ipv4', 'ipv6'] as const) {
          const seen = await lab.kubectl(
            'exec',
            'on-h1',
            '--',
            'sh',
            '-c',
            `nc -w 5 ${router[family]} 7777 </dev/null`,
          );
          const { address, address6 = '' } = lab.host('h1');
          expect(usual(seen.trim())).toBe(family === 'ipv4' ? address : address6);
          const other = pods.get(`h2 ${family}`) ?? '';
          // A full packet of a pod fits through either tunnel: 1500 less what vxlan over IPv6 adds.
          const payload = family === 'ipv4' ? 1430 - 28 : 1430 - 48;
          const ping = ['ping', '-c', '1', '-W', '3', '-s', String(payload), other];
          expect(await lab.kubectl('exec', 'on-h1', '--', ...ping)).toContain('1 packets received');
        }
        expect((await lab.kubectl('exec', 'on-h1', '--', 'cat', '/sys/class/net/eth0/mtu')).trim()).toBe('1430');
        expect((await lab.ssh('h1', 'cat /sys/class/net/flannel-v6.1/mtu')).trim()).toBe('1430');
      } finally {
        await lab.onRouter(`kill ${started.map((text) => text.trim()).join(' ')}`);
      }
    });

    test('hosts go on hearing the router although they forward', async () => {
      for (const host of hosts) {
        expect(
          (await lab.ssh(host, 'sysctl -n net.ipv6.conf.all.forwarding net.ipv6.conf.host0.accept_ra')).trim(),
        ).toBe('1\n2');
        expect(await defaultRoute(lab, host)).toContain('proto ra');
      }
      await lab.ssh('h2', 'ip -6 route delete default');
      await waitUntil(async () => (await defaultRoute(lab, 'h2')).includes('proto ra'), 20);
    });

    test('a second apply changes nothing', async () => {
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('host-gw has routes in both families; where IPv6 is not to be masqueraded, IPv4 still is', async () => {
      families(['ipv4', 'ipv6'], { plugin: 'flannel', flannel: { backend: 'host-gw', ipv6Masq: false } }, 'nftables');
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      for (const family of ['IPv4', 'IPv6'])
        expect(checksOf(result)).toContainEqual(
          expect.objectContaining({
            tried: `ping and http, h1 to h2 by ${family}`,
            ok: true,
            result: expect.stringMatching(/seen as itself$/) as string,
          }),
        );
      const routes = `ip -4 route show root ${podCIDR.ipv4}; ip -6 route show root ${podCIDR.ipv6}`;
      expect(await lab.ssh('h1', routes)).toMatch(/via 10\.88\.0\.12 dev host0[^]*via fd88::12 dev host0/);
      expect(await lab.ssh('h1', 'ls /sys/class/net')).not.toContain('flannel');
      const started = await Promise.all((['ipv4', 'ipv6'] as const).map((family) => lab.onRouter(mirror(family))));
      // Nobody hides pods from it any more, so that it has to know the way back.
      await lab.onRouter(`ip -6 route replace ${podCIDR.ipv6} via fd88::11`);
      try {
        const pods = await podsOn(lab, image);
        const asked = (target: string) =>
          lab.kubectl('exec', 'on-h1', '--', 'sh', '-c', `nc -w 5 ${target} 7777 </dev/null`);
        expect(usual((await asked(router.ipv4)).trim())).toBe(lab.host('h1').address);
        expect(usual((await asked(router.ipv6)).trim())).toBe(pods.get('h1 ipv6'));
      } finally {
        await lab.onRouter(`ip -6 route delete ${podCIDR.ipv6}; kill ${started.map((text) => text.trim()).join(' ')}`);
      }
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('clean leaves both hosts as they were', cleanExactly);
  });

  describe('flannel with IPv6 alone, nftables', () => {
    test('apply makes a cluster whose pods have no IPv4, and are masqueraded outside', async () => {
      families(['ipv6'], { plugin: 'flannel' }, 'nftables');
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      expectIPv6Pings(result);
      expect((await lab.ssh('h1', 'cd /sys/class/net && ls -d flannel*')).trim()).toBe('flannel-v6.1');
      const listener = await lab.onRouter(mirror('ipv6'));
      try {
        await podsOn(lab, image);
        const asked = await lab.kubectl('exec', 'on-h1', '--', 'sh', '-c', `nc -w 5 ${router.ipv6} 7777 </dev/null`);
        expect(usual(asked.trim())).toBe(lab.host('h1').address6);
      } finally {
        await lab.onRouter(`kill ${listener.trim()}`);
      }
      expect((await lab.k8sup('network', 'status', lab.inventory)).exitCode).toBe(0);
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('clean leaves both hosts as they were', cleanExactly);
  });

  describe('bridge with IPv6 alone, nftables', () => {
    test('apply makes a cluster that uses no IPv4', async () => {
      families(['ipv6'], { plugin: 'bridge' }, 'nftables');
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      expectIPv6Pings(result);
      const routes = await lab.ssh('h1', 'ip -6 route show proto 87');
      expect(routes).toMatch(/^fd00:10:244:[0-9a-f:]*\/64 via fd88::12 dev host0/m);
      const listening = await lab.ssh('h1', "ss -Hltn '( sport = 2379 or sport = 2380 )' | awk '{ print $4 }' | sort");
      expect(listening.trim().split('\n')).toEqual(['127.0.0.1:2379', '[fd88::11]:2379', '[fd88::11]:2380']);
      expect(await lab.ssh('h2', 'cat /etc/kubernetes/kubelet.kubeconfig')).toContain('https://[fd88::11]:6443');
      expect((await lab.kubectl('get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIPs}')).trim()).toBe(
        '["fd00:10:96::1"]',
      );
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('clean leaves both hosts as they were', cleanExactly);
  });

  describe('bridge with IPv6 first, iptables', () => {
    test('apply proves both families', async () => {
      families(['ipv6', 'ipv4'], { plugin: 'bridge' }, 'iptables');
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      const tried = checksOf(result).map(({ tried: text }) => text);
      expect(tried).toEqual(
        expect.arrayContaining(['ping and http, h1 to h2 by IPv6', 'ping and http, h1 to h2 by IPv4']),
      );
      expect((await lab.kubectl('get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIPs}')).trim()).toBe(
        '["fd00:10:96::1"]',
      );
      expect(await lab.ssh('h1', 'ip -4 route show proto 87; ip -6 route show proto 87')).toMatch(
        /via 10\.88\.0\.12 [^]*via fd88::12 /,
      );
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('clean leaves both hosts as they were', cleanExactly);
  });
});

/** socat writes IPv6 addresses in full, in brackets. */
function usual(text: string): string {
  const address = parseAddress(text.replace(/[[\]]/g, ''));
  return address.kind === 'none' ? text : formatAddress(address);
}

/** Pods of both hosts have reached each other by IPv6, and by nothing else. */
function expectIPv6Pings(result: K8supRun): void {
  const pings = checksOf(result).filter(({ name }) => name === 'pod to pod');
  expect(pings.map(({ result: text }) => text)).toEqual([
    expect.stringMatching(/^fd00:.*seen as itself$/),
    expect.stringMatching(/^fd00:.*seen as itself$/),
  ]);
}

function checksOf(result: K8supRun): readonly CheckResult[] {
  return result.events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
}

async function defaultRoute(lab: LabHandle, host: string): Promise<string> {
  return (await lab.ssh(host, 'ip -6 route show default')).trim();
}

/** A pod on each host that does nothing; gives their addresses by `HOST FAMILY`. */
async function podsOn(lab: LabHandle, image: string): Promise<ReadonlyMap<string, string>> {
  const pods = hosts.map(
    (host) =>
      `{ apiVersion: v1, kind: Pod, metadata: { name: on-${host} }, spec: { nodeName: ${host}, terminationGracePeriodSeconds: 0, containers: [{ name: c, image: "${image}", command: [sleep, "3600"] }] } }`,
  );
  await lab.kubectlWithInput(pods.join('\n---\n'), 'apply', '-f', '-');
  await lab.kubectl('wait', '--for=condition=Ready', '--timeout=60s', ...hosts.map((host) => `pod/on-${host}`));
  const text = await lab.kubectl(
    'get',
    'pods',
    '-o',
    'jsonpath={range .items[*]}{.spec.nodeName} {.status.podIPs[*].ip}{"\\n"}{end}',
  );
  return new Map(
    text
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [host = '', ...ips] = line.split(' ');
        return ips.map((ip) => [`${host} ${ip.includes(':') ? 'ipv6' : 'ipv4'}`, ip] as const);
      }),
  );
}
