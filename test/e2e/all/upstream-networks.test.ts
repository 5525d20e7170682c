import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagesOf } from '../../../src/network/upstream/index.ts';
import { becauseOf, tarballsOf } from '../../support/images.ts';
import { kernelLacks } from '../../support/kernel.ts';
import { imageNames } from '../../../src/lab/images/names.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { because, noChart, noUpstream, packedCharts } from '../../support/upstream.ts';
import type { UpstreamTree } from '../../support/upstream.ts';
import { inventoryBeside, objectsFor } from '../../unit/network/rendering.ts';

/** A network with a chart or manifest of upstream's, as the lab's hosts can have it. */
interface Case {
  /** Whose objects, and with them images, it takes. */
  readonly of: string;
  readonly plugin: string;
  readonly network: object;
  /** Which it needs, if any. */
  readonly chart?: UpstreamTree;
  /** Label of its pods, one on each node. */
  readonly pods: string;
  /** What must be gone after clean, of `ls /sys/class/net`. */
  readonly links: string;
  /** Why it cannot be tried here, besides its images. */
  readonly reason: string | undefined;
  /** What it is there for, besides pods that reach each other. */
  readonly proof?: (lab: LabHandle) => Promise<void>;
}

const kubeOvn = { component: 'kube-ovn', version: '1.16.2' };
const cilium = { component: 'cilium', version: '1.20.2' };

/** What a command prints in a pod of its own. */
async function inPod(lab: LabHandle, annotations: object, ...command: readonly string[]): Promise<string> {
  const containers = [{ name: 'one', image: imageNames.busybox, command: ['sleep', '3600'] }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', annotations }, spec: { containers } };
  await lab.kubectlWithInput(JSON.stringify(pod), 'create', '-f', '-');
  await lab.kubectl('wait', '--for=condition=Ready', 'pod/one', '--timeout=60s');
  const said = await lab.kubectl('exec', 'one', '--', ...command);
  await lab.kubectl('delete', 'pod', 'one', '--now');
  return said;
}

/** A pod that asks for the network `lan` has its own address there. */
async function secondInterface(lab: LabHandle): Promise<void> {
  const networks = JSON.stringify([{ name: 'lan', ips: ['172.30.88.77/24'] }]);
  const said = await inPod(lab, { 'k8s.v1.cni.cncf.io/networks': networks }, 'ip', 'address', 'show', 'dev', 'net1');
  expect(said).toContain('172.30.88.77/24');
}

async function cacheAnswers(lab: LabHandle): Promise<void> {
  const name = 'kubernetes.default.svc.cluster.local';
  expect(await inPod(lab, {}, 'nslookup', name, '169.254.20.10')).toContain('10.96.0.1');
}

const cases: readonly Case[] = [
  {
    of: 'calico',
    plugin: 'calico',
    // The lab's kernel has no IP in IP.
    network: { calico: { vxlan: 'always' } },
    pods: 'k8s-app=calico-node',
    links: 'cali|vxlan',
    reason: noUpstream,
  },
  {
    of: 'canal',
    plugin: 'canal',
    network: {},
    pods: 'k8s-app=canal',
    links: 'cali|flannel',
    reason: noUpstream,
  },
  {
    of: 'kube-router',
    plugin: 'kube-router',
    // The lab's kernel has neither IP in IP nor ip_vs.
    network: { 'kube-router': { overlay: 'none' } },
    pods: 'k8s-app=kube-router',
    links: 'kube-bridge|tun-',
    reason: noUpstream,
  },
  {
    of: 'policy',
    plugin: 'flannel',
    network: { policy: 'kube-router' },
    pods: 'k8s-app=kube-router',
    links: 'flannel|cni0',
    reason: noUpstream,
  },
  {
    of: 'kube-ovn',
    plugin: 'kube-ovn',
    network: { 'kube-ovn': { networkType: 'vxlan' } },
    pods: 'app=kube-ovn-cni',
    links: 'ovn0|mirror0',
    chart: kubeOvn,
    reason: noChart(kubeOvn),
  },
  {
    of: 'cilium',
    plugin: 'cilium',
    network: { cilium: { hubble: { enabled: true, relay: true } } },
    pods: 'k8s-app=cilium',
    links: 'cilium|lxc',
    chart: cilium,
    reason: noChart(cilium),
  },
  {
    of: 'multus',
    plugin: 'flannel',
    network: {
      multus: { enabled: true, networks: [{ name: 'lan', type: 'macvlan', master: 'host1', ipam: 'static' }] },
    },
    pods: 'app=multus',
    links: 'flannel|cni0',
    reason: noUpstream,
    proof: secondInterface,
  },
  {
    of: 'nodeLocalDNS',
    plugin: 'flannel',
    network: { nodeLocalDNS: { enabled: true } },
    pods: 'k8s-app=node-local-dns',
    links: 'nodelocaldns|flannel',
    reason: undefined,
    proof: cacheAnswers,
  },
];

const described = await Promise.all(
  cases.map(async (one) => {
    const unknown = one.reason !== undefined;
    const charts = one.chart === undefined ? [] : [one.chart];
    const inventory = inventoryBeside(one.plugin, one.network);
    const objects = unknown ? [] : await objectsFor(one.of, inventory, ...charts);
    const { files, missing } = tarballsOf(imagesOf(objects));
    const reason = noLab ?? one.reason ?? kernelLacks(inventory);
    const { enforcesPolicy } = inventory.cluster.network;
    const title = `${one.of} on the lab${reason === undefined ? becauseOf(missing) : because(reason)}`;
    return { ...one, files, title, enforcesPolicy, isSkipped: reason !== undefined || missing.length > 0 };
  }),
);

for (const one of described) {
  const { of, plugin, network, chart, pods, links, files, title, isSkipped, enforcesPolicy, proof } = one;
  describe.skipIf(isSkipped)(title, () => {
    let lab: LabHandle;
    beforeAll(async () => {
      lab = await bootLab(`e2e-${of.toLowerCase()}`, 2, 'newest', { secondInterface: of === 'multus' });
      lab.edit(({ cluster }) => {
        cluster['network'] = { ...cluster['network'], plugin, ...network };
        const own = (cluster['runtime']?.['images'] ?? []) as readonly string[];
        cluster['runtime'] = { ...cluster['runtime'], images: [...own, ...files] };
        const directory = chart === undefined ? process.env['K8SUP_UPSTREAM_DIR'] : packedCharts(chart);
        cluster['artifacts'] = { ...cluster['artifacts'], directory };
      });
    });
    afterAll(() => lab.down());

    test('apply makes a cluster whose nodes are Ready, and proves it; a second one has nothing to do', async () => {
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json'))).toMatchObject({ ok: true, failed: 0 });
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify')).changed).toBe(0);
    });

    test('its pods run on every node', async () => {
      const running = ['get', 'pods', '-n', 'kube-system', '--field-selector', 'status.phase=Running'];
      expect((await lab.kubectl(...running, '-l', pods, '-o', 'name')).trim().split('\n')).toHaveLength(2);
    });

    test(`every node reaches every node${enforcesPolicy ? ', a policy keeps a pod away, and another lets it in' : ''}`, async () => {
      const run = await lab.k8sup('network', 'test', lab.inventory, '-o', 'json');
      const report = run.events.flatMap((event) => (event.type === 'network-test' ? [event.test] : []))[0];
      expect(report?.problems).toEqual([]);
      const policy = report?.policy;
      const proved = policy?.enforced === true ? [policy.deny.ok, policy.allow.ok] : [];
      expect(proved).toEqual(enforcesPolicy ? [true, true] : []);
      good(run);
    });

    test.runIf(proof !== undefined)('it does what it is there for', async () => proof?.(lab));

    test('clean leaves no link and no configuration of it', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      for (const host of ['h1', 'h2'])
        expect(
          await lab.ssh(host, `ls /sys/class/net /etc/cni/net.d 2>/dev/null | grep -E '${links}|multus' || :`),
        ).toBe('');
    });
  });
}
