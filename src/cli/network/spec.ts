import { familyOf } from '../../network/look/model.ts';
import type { NodeLook } from '../../network/look/model.ts';
import type { Judge } from '../../network/look/node-problems.ts';
import { wayOf } from '../../network/look/path-problems.ts';
import { knownProblems } from '../../network/look/report.ts';
import { pluginOf } from '../../network/network.ts';
import type { NetworkTestSpec } from '../../kube/index.ts';
import type { Looks } from './look.ts';

/** How a network test is to go, as the command line has it. */
export interface TestFlags {
  readonly all: boolean;
  readonly seed: number;
  readonly throughput: boolean;
}

/** What a network test has to know of the network, from the plugin and from looking at the nodes. Pure. */
export function testSpec(
  judge: Judge,
  { looks, unseen }: Looks,
  limit: ReadonlySet<string>,
  flags: TestFlags,
): NetworkTestSpec {
  const { status, inventory } = judge;
  const mine = looks.filter(({ node }) => limit.has(node.name));
  const lookOf = (name: string): NodeLook | undefined => looks.find(({ node }) => node.name === name);
  return {
    plugin: inventory.cluster.network.plugin,
    mode: status.mode(inventory),
    enforcesPolicy: pluginOf(inventory).makesNodesReady ? inventory.cluster.network.enforcesPolicy : undefined,
    nodes: mine.filter(({ node }) => node.ready).map(({ node }) => node),
    absent: [
      ...unseen.filter(({ node }) => limit.has(node.name)).map(({ node, reason }) => ({ name: node.name, reason })),
      ...mine.filter(({ node }) => !node.ready).map(({ node }) => ({ name: node.name, reason: 'it is not Ready' })),
    ],
    known: knownProblems(judge, looks),
    way: ({ from, to }, family, device) => {
      const route = lookOf(from)?.routes.find((one) => one.to === to && familyOf(one.cidr) === family);
      const wanted = route === undefined ? undefined : status.wayTo(inventory, route.onLink);
      const found = wayOf(judge, { cidr: route?.cidr ?? '', device });
      return wanted === undefined ? { found } : { found, wanted };
    },
    tunnel: (family) => status.tunnel(inventory, family),
    suspects: (name) => {
      const look = lookOf(name);
      return { strictDevices: look?.strictDevices ?? [], firewalls: look?.firewalls ?? [] };
    },
    // Tried between nodes, whose addresses are of the first family.
    masquerades: status.masquerade?.(inventory, familyOf(inventory.cluster.network.podCIDR)) !== undefined,
    nonMasqueradeCIDRs: inventory.cluster.network.nonMasqueradeCIDRs,
    ...flags,
  };
}
