import { runsKubelet } from '../src/inventory/model.ts';
import { binaries } from '../src/components/binaries.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { restartPods } from '../src/components/restart-pods.ts';
import { healthGate } from '../src/components/health-gate.ts';
import type { Component } from '../src/components/component.ts';
import type { ClusterGate, Stage, StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import { nodesReadyGate, workloadsGate } from '../src/kube/index.ts';
import { additionPlace, networkPlace, partsOf } from '../src/network/parts.ts';
import { additionsOf, networkAdditions, networkObjects, pluginOf } from '../src/network/network.ts';
import type { NetworkTarget } from '../src/network/plugin.ts';
import { secondInterfaceFile, secondInterfacePath } from '../src/network/macvlan/second-interface.ts';
import { podRoutesDown, podRoutesUnit } from '../src/network/pod-routes/service.ts';
import { absentFile } from '../src/resources/absent-file.ts';
import { absentUnit } from '../src/resources/absent-unit.ts';
import { claims } from '../src/resources/claims.ts';
import type { AnyResource } from '../src/resources/define.ts';
import { exchangeOf, otherOwnersOff } from '../src/resources/parts/other-owners.ts';
import { parts } from '../src/resources/parts/parts.ts';
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
      objects: networkObjects,
      set: networkPlace,
    },
    {
      type: 'hosts',
      name: 'network of before',
      on: runsKubelet,
      resources: (_host, { inventory }) => [
        otherOwnersOff(networkPlace, pluginOf(inventory).name),
        ...networkAdditions
          .filter((addition) => !additionsOf(inventory).includes(addition))
          .map(({ name }) => otherOwnersOff(additionPlace(name), 'nobody')),
      ],
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
      name: 'masquerade',
      on: runsKubelet,
      rollout: 'canary',
      resources: async (host, context) => {
        const { masquerade } = pluginOf(context.inventory);
        if (masquerade === undefined) return [];
        const component = await masqueradeOf(host, context);
        return component === undefined ? [absentUnit(podRoutesUnit, podRoutesDown)] : componentResources(component);
      },
      gate: async (host, context) => {
        const component = await masqueradeOf(host, context);
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
        const second = secondInterfaceFile(context.inventory, host);
        // First, so that no pod starts with the network alone.
        return [
          second === undefined ? absentFile(secondInterfacePath) : file(second),
          ...pluginOf(context.inventory)
            .cniFiles(target)
            .map((spec) => file(spec)),
        ];
      },
    },
    {
      // Before the nodes, which would only say that they have no network; and a firewall beside the network makes no node wait at all.
      type: 'cluster',
      name: 'pods of the network',
      objects: () => [],
      gate: async (context) => networkGate(context, 'DaemonSet'),
    },
    {
      type: 'cluster',
      name: 'nodes ready',
      objects: () => [],
      gate: ({ inventory, unreachable }) =>
        pluginOf(inventory).makesNodesReady ? nodesReadyGate(inventory, unreachable) : undefined,
    },
    {
      type: 'hosts',
      name: 'pods',
      on: runsKubelet,
      resources: (_host, { inventory }) =>
        pluginOf(inventory).makesNodesReady ? [restartPods(inventory.cluster, exchangeOf(networkPlace))] : [],
    },
  ],
};

/** Waits for what the network runs as pods: a DaemonSet's need no other network, but a Deployment's may, and the names of Services with it. */
export async function networkGate(
  context: StageContext,
  kind: 'DaemonSet' | 'Deployment',
): Promise<ClusterGate | undefined> {
  const objects = await networkObjects(context);
  const gone = context.inventory.hosts.filter((host) => runsKubelet(host) && context.unreachable.has(host.name));
  const name = kind === 'DaemonSet' ? 'pods of the network on every node' : "the network's controllers";
  return workloadsGate(
    name,
    objects.filter((object) => object.kind === kind),
    gone.length,
  );
}

/** What people have to do or know once the network is applied. */
export async function networkNotes(context: StageContext): Promise<readonly string[]> {
  const { inventory } = context;
  const { notes } = pluginOf(inventory);
  return notes === undefined ? [] : notes({ inventory, podCIDRs: await podCIDRsOf(context) });
}

async function networkResources(host: Host, context: StageContext): Promise<readonly AnyResource[]> {
  const { inventory } = context;
  const plugin = pluginOf(inventory);
  const target = await targetOf(host, context);
  if (target === undefined) return [pending('network', podCIDRUnknown)];
  const component = plugin.component(target);
  const { leaves } = inventory.cluster.network.needs;
  const programs = await Promise.all(plugin.programs(inventory).map((set) => binaries(context, host, set)));
  return [
    parts(networkPlace, plugin.name, partsOf(plugin, target)),
    ...programs.flat(),
    ...plugin.kubeconfigs.filter((name) => leaves.includes(name)).map((name) => clientKubeconfig(context, host, name)),
    claims('network', plugin.claims(inventory)),
    ...additionsOf(inventory).flatMap(({ name, claims: left }) => [
      parts(additionPlace(name), name, left(inventory)),
      claims(`beside the network: ${name}`, left(inventory)),
    ]),
    ...(component === undefined ? [] : componentResources(component)),
  ];
}

async function masqueradeOf(host: Host, context: StageContext): Promise<Component | undefined> {
  const target = await targetOf(host, context);
  return target === undefined ? undefined : pluginOf(context.inventory).masquerade?.(target);
}

const podCIDRUnknown = "the node's pod CIDR is given out when it is registered";

/** Undefined while the plugin needs this node's pod CIDR and the node has none yet. */
async function targetOf(host: Host, context: StageContext): Promise<NetworkTarget | undefined> {
  const { inventory, networkSecrets: secrets } = context;
  const facts = context.facts(host);
  if (!pluginOf(inventory).needsPodCIDRs) return { inventory, host, facts, podCIDRs: {}, secrets };
  const podCIDRs = await podCIDRsOf(context);
  return podCIDRs[host.name] === undefined ? undefined : { inventory, host, facts, podCIDRs, secrets };
}

async function podCIDRsOf(context: StageContext): Promise<Readonly<Record<string, readonly string[]>>> {
  const nodes = await context.nodes();
  return Object.fromEntries(nodes.flatMap(({ name, podCIDRs }) => (podCIDRs.length === 0 ? [] : [[name, podCIDRs]])));
}
