import { runsKubelet } from '../src/inventory/model.ts';
import { binaries } from '../src/components/binaries.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { healthGate } from '../src/components/health-gate.ts';
import { paths } from '../src/components/paths.ts';
import type { Stage, StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import { nodesReadyGate } from '../src/kube/index.ts';
import { networkPlugins } from '../src/network/network.ts';
import type { NetworkPlugin, NetworkTarget } from '../src/network/plugin.ts';
import { claims } from '../src/resources/claims.ts';
import type { AnyResource } from '../src/resources/define.ts';
import { pending } from '../src/resources/pending.ts';
import { file } from '../src/resources/file.ts';
import { clientKubeconfig } from './certificates.ts';

/** The pod network; when it is up, nodes become Ready. */
export const networkStage: Stage = {
  id: '06.network',
  title: 'pod network',
  steps: [
    {
      type: 'cluster',
      name: 'rights of the network',
      objects: ({ inventory }) => pluginOf(inventory).objects(inventory),
    },
    {
      type: 'hosts',
      name: 'network',
      on: runsKubelet,
      rollout: 'canary',
      resources: networkResources,
      gate: async (host, context) => {
        const target = await targetOf(host, context);
        const component = target === undefined ? undefined : pluginOf(context.inventory).component(target);
        return component === undefined ? undefined : healthGate(component);
      },
    },
    {
      type: 'hosts',
      name: 'CNI configuration',
      on: runsKubelet,
      resources: async (host, context) => {
        const target = await targetOf(host, context);
        if (target === undefined) return [pending('cni', podCIDRUnknown)];
        return pluginOf(context.inventory)
          .cniFiles(target)
          .map((spec) => file(spec));
      },
    },
    {
      type: 'cluster',
      name: 'nodes ready',
      objects: () => [],
      gate: ({ inventory, unreachable }) =>
        inventory.cluster.network.plugin === 'none' ? undefined : nodesReadyGate(inventory, unreachable),
    },
  ],
};

async function networkResources(host: Host, context: StageContext): Promise<readonly AnyResource[]> {
  const { inventory } = context;
  const plugin = pluginOf(inventory);
  const target = await targetOf(host, context);
  if (target === undefined) return [pending('network', podCIDRUnknown)];
  const component = plugin.component(target);
  return [
    ...(plugin.name === 'flannel' ? await flannelPrograms(host, context) : []),
    claims('network', plugin.claims(inventory)),
    ...(component === undefined ? [] : componentResources(component)),
  ];
}

async function flannelPrograms(host: Host, context: StageContext): Promise<readonly AnyResource[]> {
  const { versions } = context.inventory.cluster;
  return [
    ...(await binaries(context, host, {
      component: 'flannel',
      version: versions.flannel,
      files: ['flanneld'],
      directory: paths.bin,
    })),
    ...(await binaries(context, host, {
      component: 'cni-plugin-flannel',
      version: versions.flannelCNI,
      files: ['flannel'],
      directory: paths.cniBin,
    })),
    clientKubeconfig(context, host, 'flannel'),
  ];
}

function pluginOf(inventory: StageContext['inventory']): NetworkPlugin {
  return networkPlugins[inventory.cluster.network.plugin];
}

const podCIDRUnknown = "the node's pod CIDR is given out when it is registered";

/** Undefined while the plugin needs this node's pod CIDR and the node has none yet. */
async function targetOf(host: Host, context: StageContext): Promise<NetworkTarget | undefined> {
  const { inventory } = context;
  const facts = context.facts(host);
  if (!pluginOf(inventory).needsPodCIDRs) return { inventory, host, facts, podCIDRs: {} };
  const nodes = await context.nodes();
  const podCIDRs = Object.fromEntries(
    nodes.flatMap(({ name, podCIDR }) => (podCIDR === undefined ? [] : [[name, podCIDR]])),
  );
  return podCIDRs[host.name] === undefined ? undefined : { inventory, host, facts, podCIDRs };
}
