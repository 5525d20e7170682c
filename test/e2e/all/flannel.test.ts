import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flannelImage, flannelImageName } from '../../support/flannel-image.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { EditableInventory, K8supRun, LabHandle } from '../../support/lab.ts';
import { mainPids } from '../../support/observe.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import type { Snapshot } from '../../support/snapshot.ts';

/** h1 and h3 are on one subnet, h2 behind the router; `host1` connects all three without one. */
const hosts = ['h1', 'h2', 'h3'] as const;
type Name = (typeof hosts)[number];
/** The lab's router, which knows no route to pods; tells everybody who asks by which address they came. */
const outside = '10.88.0.1';
const mirror = "setsid socat TCP4-LISTEN:7777,fork,reuseaddr SYSTEM:'echo $SOCAT_PEERADDR' >/dev/null 2>&1 & echo $!";
const askOutside = `nc -w 5 ${outside} 7777 </dev/null`;
const second: Readonly<Record<Name, string>> = { h1: '10.89.0.11', h2: '10.89.0.12', h3: '10.89.0.13' };

describe.skipIf(noLab !== undefined)(
  `flannel's backends on one living cluster${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let plain: string;
    let listener: string;
    let baseline: readonly Snapshot[];

    const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
    const cleanExactly = async (): Promise<void> => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    };
    const edit = (flannel: object, more: (inventory: EditableInventory) => void = () => undefined): void => {
      writeFileSync(lab.inventory, plain);
      lab.edit((inventory) => {
        inventory.cluster['network'] = { ...inventory.cluster['network'], plugin: 'flannel', flannel };
        more(inventory);
      });
    };
    const network = (): Promise<K8supRun> => lab.k8sup('stage', '06.network', lab.inventory, '-o', 'json');
    const change = async (flannel: object): Promise<void> => {
      edit(flannel);
      expect(good(await network())).toMatchObject({ ok: true, failed: 0 });
    };
    const routes = (host: Name): Promise<string> => lab.ssh(host, 'ip -4 route show root 10.244.0.0/16');
    const links = async (host: Name): Promise<readonly string[]> =>
      (await lab.ssh(host, 'cd /sys/class/net && ls -d flannel* 2>/dev/null || :'))
        .split('\n')
        .filter((one) => one !== '');

    /** Each pod asks each pod of another node who it thinks is asking, and one outside of the pod network. */
    const podsSeeEachOther = async (size = 56): Promise<void> => {
      const pods = await podsOf(lab);
      for (const from of pods) {
        const others = pods.filter(({ node }) => node !== from.node);
        const script = others
          .map(
            ({ ip }) =>
              `timeout 5 wget -q -O - http://${ip}:8080/cgi-bin/who 2>&1; ping -q -c 1 -W 5 -s ${size} ${ip} >/dev/null && echo fits`,
          )
          .concat(askOutside)
          .join('; ');
        const said = await reached(lab, from.name, script);
        expect(
          said.split('\n').filter((line) => line !== ''),
          `${from.node} asks ${others.map(({ node }) => node).join(', ')}`,
        ).toEqual([...others.flatMap(() => [from.ip, 'fits']), lab.host(from.node).address]);
      }
    };

    beforeAll(async () => {
      lab = await bootLab('e2e-flannel', 3, 'newest', { subnets: 2, secondInterface: true });
      plain = readFileSync(lab.inventory, 'utf8');
      writeFileSync(join(lab.dir, 'psk'), randomBytes(48).toString('hex'), { mode: 0o600 });
      baseline = await look();
      listener = await lab.onRouter(mirror);
    });
    afterAll(async () => {
      await lab.onRouter(`kill ${listener.trim()}`);
      await lab.down();
    });

    test('host-gw across subnets is refused with the reason, before anything is changed', async () => {
      edit({ backend: 'host-gw' });
      const result = await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify');
      expect(result.exitCode).not.toBe(0);
      expect(result.stdout + result.stderr).toContain('HOST_GW_ACROSS_SUBNETS');
      expect(result.stdout + result.stderr).toContain('directRouting');
      expect(await lab.ssh('h1', 'ls /etc/kubernetes /opt/k8sup /etc/kube-flannel 2>/dev/null || :')).toBe('');
    });

    test.each([
      ['wireguard, which this kernel lacks', { backend: 'wireguard' }, 'KERNEL_FEATURE_MISSING'],
      ['ipip, which this kernel lacks', { backend: 'ipip' }, 'KERNEL_FEATURE_MISSING'],
      ['ipsec, which this kernel lacks', { backend: 'ipsec', ipsec: { pskFile: 'psk' } }, 'KERNEL_FEATURE_MISSING'],
      ['an interface that no host has', { interface: 'eth7' }, 'INTERFACE_MISSING'],
      ['an MTU that does not fit with the tunnel', { mtu: 1451 }, 'MTU_TOO_LARGE'],
    ])('%s is refused', async (_what, flannel, code) => {
      edit(flannel);
      const result = await lab.k8sup('plan', lab.inventory, '-o', 'json');
      expect(result.exitCode).not.toBe(0);
      expect(result.stdout + result.stderr).toContain(code);
    });

    test('vxlan with a VNI, port and MTU of its own', async () => {
      edit({ vni: 7, port: 4790, mtu: 1400, healthPort: 10299, extraConfig: { Backend: { Learning: false } } });
      good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify'));
      await startPods(lab);
      for (const host of hosts) {
        expect(await links(host)).toEqual(['flannel.7']);
        expect(await lab.ssh(host, 'ip -d link show flannel.7')).toMatch(/mtu 1400[^]*vxlan id 7 [^]*dstport 4790/);
        expect(await lab.ssh(host, 'cat /sys/class/net/cni0/mtu')).toBe('1400');
        expect(await lab.ssh(host, 'curl -sf http://127.0.0.1:10299/healthz && echo up')).toContain('up');
      }
      expect((await routes('h1')).match(/dev flannel\.7/g)).toHaveLength(2);
      // 28 are the headers of IP and ICMP.
      await podsSeeEachOther(1400 - 28);
    });

    test('a second run changes nothing, and no process is another', async () => {
      const before = await mainPids(lab, hosts);
      expect(good(await network())).toMatchObject({ changed: 0, restarted: 0 });
      expect(await mainPids(lab, hosts)).toEqual(before);
    });

    test('DirectRouting routes within the subnet and tunnels to the other; the MTU is the path’s again', async () => {
      await change({ directRouting: true });
      for (const host of hosts) expect(await links(host)).toEqual(['flannel.1']);
      const [one, two, three] = [await routes('h1'), await routes('h2'), await routes('h3')];
      expect([one, three].map((table) => [count(table, 'dev flannel.1'), count(table, 'dev host0')])).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect(count(two, 'dev flannel.1')).toBe(2);
      expect(one).toContain('via 10.88.0.13 dev host0');
      expect(await lab.ssh('h1', 'cat /sys/class/net/flannel.1/mtu')).toBe('1450');
      await podsSeeEachOther();
    });

    test('host-gw by the interface that all share: routes go to the addresses there, and no tunnel is left', async () => {
      await change({ backend: 'host-gw', interface: 'host1' });
      for (const host of hosts) {
        expect(await links(host)).toEqual([]);
        const wanted = hosts.filter((other) => other !== host).map((other) => `via ${second[other]} dev host1`);
        const table = await routes(host);
        expect(wanted.filter((route) => !table.includes(route))).toEqual([]);
        expect(count(table, ' via ')).toBe(2);
      }
      await podsSeeEachOther();
    });

    test('udp has a tun device; no route of host-gw hides it', async () => {
      await change({ backend: 'udp', port: 8300 });
      for (const host of hosts) {
        expect(await links(host)).toEqual(['flannel0']);
        expect(await routes(host)).not.toContain(' via ');
        expect(await lab.ssh(host, 'cat /proc/net/udp')).toMatch(/:206C /);
      }
      await podsSeeEachOther();
    });

    test.each([
      ['a regular expression for the name', { interfaceRegex: '^host1$' }, '10.89.0.'],
      ['a regular expression for the address', { interfaceRegex: '^10\\.89\\.' }, '10.89.0.'],
      ['an address it must reach', { interfaceCanReach: '10.89.0.1' }, '10.89.0.'],
    ])('the interface by %s', async (_what, flannel, prefix) => {
      await change(flannel);
      for (const host of hosts) {
        const device = await lab.ssh(host, 'ip -d link show flannel.1');
        expect(device).toContain(`local ${prefix}`);
        expect(device).toContain('dev host1');
      }
      expect(await lab.ssh('h1', 'bridge fdb show dev flannel.1')).toContain(`dst ${second.h2}`);
      await podsSeeEachOther();
    });

    test('one host may choose for itself', async () => {
      edit({}, (inventory) => {
        for (const host of inventory.hosts) if (host.name === 'h2') host['flannel'] = { interface: second.h2 };
      });
      good(await network());
      expect(await lab.ssh('h2', 'ip -d link show flannel.1')).toContain(`local ${second.h2}`);
      expect(await lab.ssh('h1', 'ip -d link show flannel.1')).toContain('local 10.88.0.11');
    });

    test('without masquerading the rules are gone, and pods are seen as themselves outside', async () => {
      await change({ ipMasq: false });
      const [pod] = await podsOf(lab);
      const { address } = lab.host(pod?.node ?? '');
      await lab.onRouter(`ip route replace ${pod?.ip ?? ''}/32 via ${address}`);
      expect((await lab.kubectl('exec', pod?.name ?? '', '--', 'sh', '-c', askOutside)).trim()).toBe(pod?.ip);
      await lab.onRouter(`ip route delete ${pod?.ip ?? ''}/32 via ${address}`);
      expect(await lab.ssh('h1', 'nft list ruleset | grep masquerade | grep -i flannel || :')).toBe('');
      expect(await lab.ssh('h1', 'nft list chain ip flannel-ipv4 postrtg 2>/dev/null || :')).toBe('');
    });

    test('with rules in iptables none of nftables stay', async () => {
      await change({ nftables: false });
      expect(await lab.ssh('h1', 'nft list table ip flannel-ipv4 2>/dev/null || :')).toBe('');
      expect(await lab.ssh('h1', 'iptables -t nat -S FLANNEL-POSTRTG')).toContain('MASQUERADE');
      await podsSeeEachOther();
    });

    test('alloc gives out subnets and makes no routes', async () => {
      await change({ backend: 'alloc' });
      for (const host of hosts) {
        expect(await links(host)).toEqual([]);
        expect(await routes(host)).not.toContain(' via ');
        expect(await lab.ssh(host, 'cat /run/flannel/subnet.env')).toMatch(/FLANNEL_SUBNET=10\.244\.\d+\.1\/24/);
      }
      await change({});
      await podsSeeEachOther();
    });

    test('a living cluster keeps flannel as it runs: as a unit', async () => {
      edit({ deploy: 'daemonset' });
      const plan = await lab.k8sup('plan', lab.inventory, '-o', 'json');
      expect(plan.stdout + plan.stderr).toContain('UNSAFE_CHANGE_NETWORK_SETTING');
    });

    test('clean leaves the hosts as they were, whatever flannel was told before', cleanExactly);

    test('as a DaemonSet it has no unit, and pods see each other just so', async () => {
      const image = await flannelImage(lab);
      edit({ deploy: 'daemonset', image: flannelImageName, cniPluginImage: flannelImageName }, ({ cluster }) => {
        const runtime = cluster['runtime'] ?? {};
        runtime['images'] = [...(runtime['images'] as readonly string[]), image];
      });
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json'))).toMatchObject({ ok: true, failed: 0 });
      for (const host of hosts) {
        expect(await lab.ssh(host, 'systemctl list-unit-files --no-legend "flanneld*" || :')).toBe('');
        expect(await links(host)).toEqual(['flannel.1']);
      }
      await startPods(lab);
      await podsSeeEachOther();
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify'))).toMatchObject({ changed: 0 });
    });

    test('clean takes away what its pods left', cleanExactly);
  },
);

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

interface PodAddress {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
}

/** A pod on each node that answers who asks. */
async function startPods(lab: LabHandle): Promise<void> {
  const script =
    "mkdir -p /www/cgi-bin; printf '#!/bin/sh\\necho; echo $REMOTE_ADDR\\n' >/www/cgi-bin/who; chmod +x /www/cgi-bin/who; exec httpd -f -p 0.0.0.0:8080 -h /www";
  const container = { name: 'who', image: 'k8sup.lab/busybox:1', command: ['sh', '-c', script] };
  const labels = { app: 'who' };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'who' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 0, tolerations: [{ operator: 'Exists' }], containers: [container] },
      },
    },
  };
  await lab.kubectlWithInput(JSON.stringify(set), 'apply', '-f', '-');
  await lab.kubectl('rollout', 'status', 'daemonset/who', '--timeout=120s');
}

async function podsOf(lab: LabHandle): Promise<readonly PodAddress[]> {
  const path = '{range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\\n"}{end}';
  const text = await lab.kubectl('get', 'pods', '-l', 'app=who', '-o', `jsonpath=${path}`);
  const pods = text.split('\n').flatMap((line) => {
    const [name = '', node = '', ip = ''] = line.split(' ');
    return name === '' ? [] : [{ name, node, ip }];
  });
  expect(pods).toHaveLength(hosts.length);
  return pods;
}

/** Other nodes follow within seconds: the first answers after a change may be late. */
async function reached(lab: LabHandle, pod: string, script: string): Promise<string> {
  const retry = `for i in 1 2 3 4 5 6; do said=$( ${script} ); case $said in *fits*fits*) break ;; esac; sleep 1; done; echo "$said"`;
  return lab.kubectl('exec', pod, '--', 'sh', '-c', retry);
}
