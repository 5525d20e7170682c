import { binaries } from '../src/components/binaries.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { healthGate } from '../src/components/health-gate.ts';
import type { Stage, StageContext } from '../src/engine/stage.ts';
import { hostsWith } from '../src/inventory/model.ts';
import type { Host } from '../src/inventory/model.ts';
import { containerNetworkOf, pluginOf } from '../src/network/network.ts';
import type { NetworkTarget } from '../src/network/plugin.ts';
import { claims } from '../src/resources/claims.ts';
import type { AnyResource } from '../src/resources/define.ts';
import { containerNetworkCertificate } from './certificates.ts';

/** Without Kubernetes: each container host leases its subnet in etcd, before Docker, which is told of it, starts. */
export const containerNetworkStage: Stage = {
  id: '06.network',
  title: 'network of containers',
  steps: [
    {
      type: 'hosts',
      name: 'network in etcd',
      on: (host) => host.roles.has('etcd'),
      resources: (host, context) =>
        speaksForEtcd(host, context)
          ? containerNetworkOf(context.inventory).inEtcd({
              inventory: context.inventory,
              secrets: context.networkSecrets,
            })
          : [],
    },
    {
      type: 'hosts',
      name: 'network',
      on: (host) => host.roles.has('container'),
      rollout: 'canary',
      resources: networkResources,
      gate: (host, context) => {
        const component = pluginOf(context.inventory).component(targetOf(host, context));
        return component === undefined ? undefined : healthGate(component);
      },
    },
  ],
};

/** What is kept in etcd itself is kept through one member: any will do. */
function speaksForEtcd({ name }: Host, { inventory, unreachable }: StageContext): boolean {
  return hostsWith(inventory, 'etcd').find((member) => !unreachable.has(member.name))?.name === name;
}

async function networkResources(host: Host, context: StageContext): Promise<readonly AnyResource[]> {
  const { inventory } = context;
  const plugin = pluginOf(inventory);
  const component = plugin.component(targetOf(host, context));
  const programs = await Promise.all(plugin.programs(inventory).map((set) => binaries(context, host, set)));
  return [
    ...programs.flat(),
    ...containerNetworkCertificate(context, host, containerNetworkOf(inventory).certificate),
    claims('network', plugin.claims(inventory)),
    ...(component === undefined ? [] : componentResources(component)),
  ];
}

function targetOf(host: Host, context: StageContext): NetworkTarget {
  const { inventory, networkSecrets: secrets } = context;
  return { inventory, host, facts: context.facts(host), podCIDRs: {}, secrets };
}
