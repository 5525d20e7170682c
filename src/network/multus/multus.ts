import type { Inventory } from '../../inventory/model.ts';
import { additionOf, writtenFor } from '../../inventory/plugin.ts';
import type { AdditionDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import type { Claim } from '../../resources/claims.ts';
import type { NetworkAddition } from '../plugin.ts';
import { upstreamManifest } from '../upstream/index.ts';
import { checkMultus } from './check.ts';
import { multusObjects } from './objects.ts';
import { name, resolveSettings, schema } from './settings.ts';
import type { MultusSettings } from './settings.ts';

const declaration: AdditionDeclaration<MultusSettings> = {
  name,
  summary: "Multus: further interfaces for pods, on the hosts' own networks",
  proof: 'rendered',
  enforcesPolicy: false,
  schema,
  isChosen: (input) => writtenFor({ name, schema }, input).enabled === true,
  check: checkMultus,
  resolve: (input) => {
    const settings = resolveSettings(input);
    return { settings, needs: needsOf(settings) };
  },
};

/** Multus beside the network that pods have in any case: upstream's manifest, changed by what the inventory says. */
export const multus: NetworkAddition<MultusSettings> = {
  ...declaration,
  beside: ['flannel', 'bridge', 'calico', 'canal', 'kube-router', 'kube-ovn', 'cilium'],
  objects: async (context) => {
    const { network } = context.inventory.cluster;
    const file = network.needs.upstream?.find(({ component }) => component === name);
    if (file === undefined) throw new Error('Multus needs a file of upstream');
    return multusObjects(await upstreamManifest(context, file), context.inventory, multusSettings(context.inventory));
  },
  claims: () => claims,
};

function multusSettings({ cluster }: Inventory): MultusSettings {
  const settings = additionOf(declaration, cluster.network);
  if (settings === undefined) throw new Error('settings of Multus asked of a cluster without it');
  return settings;
}

function needsOf({ version, sha256, mode, networks }: MultusSettings): PluginNeeds {
  const file = mode === 'thick' ? 'multus-daemonset-thick.yml' : 'multus-daemonset.yml';
  const macvlan = {
    module: 'macvlan',
    by: 'networks of type macvlan',
    alternative: 'take out network.multus.networks',
  };
  return {
    artifacts: {},
    upstream: [{ component: name, version, file, ...(sha256 === undefined ? {} : { sha256 }) }],
    ports: [],
    kernel: networks.length === 0 ? [] : [macvlan],
    programs: [],
    leaves: [],
    interfaces: networks.map(({ master }, index) => ({
      name: master,
      setting: `cluster.network.${name}.networks[${String(index)}].master`,
    })),
  };
}

/** The first of them is what the runtime takes: while it is there, pods start by Multus or not at all. */
const claims: readonly Claim[] = [
  { kind: 'path', name: '/etc/cni/net.d/00-multus.conf' },
  { kind: 'path', name: '/etc/cni/net.d/00-multus.conflist' },
  { kind: 'path', name: '/etc/cni/net.d/multus.d' },
  { kind: 'path', name: '/etc/cni/multus' },
  { kind: 'path', name: '/opt/cni/bin/multus' },
  { kind: 'path', name: '/opt/cni/bin/multus-shim' },
  { kind: 'path', name: '/opt/cni/bin/passthru' },
  { kind: 'path', name: '/run/multus' },
  { kind: 'path', name: '/run/k8s.cni.cncf.io' },
  { kind: 'path', name: '/var/lib/cni/multus' },
];
