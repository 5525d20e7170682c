import type { KubeObject, KubeRunner, LiveNode } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import { controlPlaneLabels, roleTaints } from '../inventory/control-plane.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory, Taint } from '../inventory/model.ts';
import { rawShell } from '../shell/sh.ts';

interface NodeJson {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly podCIDRs?: readonly string[];
    readonly taints?: readonly (Taint & { readonly timeAdded?: string })[];
  };
}

/** Remembers which taints came from the inventory, so that one that is dropped there is taken off the node. */
const taintsAnnotation = 'k8sup.io/taints';

/** @throws K8supError `KUBE_UNREACHABLE` when no apiserver answers. */
export async function liveNodes(kube: KubeRunner): Promise<readonly LiveNode[]> {
  const { items } = JSON.parse(await kube.run(rawShell('kubectl get nodes -o json'))) as {
    readonly items: readonly NodeJson[];
  };
  return items.map(({ metadata, spec }) => ({
    name: metadata.name,
    podCIDRs: spec.podCIDRs ?? [],
    taints: spec.taints ?? [],
    managedTaints: readTaints(metadata.annotations?.[taintsAnnotation]),
  }));
}

/** The registered nodes for a plan: none while no apiserver answers, since it may be the plan's own work to bring it up. */
export async function plannedNodes(kube: KubeRunner): Promise<readonly LiveNode[]> {
  try {
    return await liveNodes(kube);
  } catch (error) {
    if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE') return [];
    throw error;
  }
}

/**
 * Labels, taints and the network's annotations of the registered nodes of the inventory, as partial objects for a server-side apply: labels and annotations that the inventory
 * drops go by themselves. Taints are one list to the apiserver, so those of others (a node that is not ready, cordoned) are carried along in their place. Pure.
 */
export function nodeMetadata(inventory: Inventory, live: readonly LiveNode[]): readonly KubeObject[] {
  return live.flatMap((node) => {
    const host = inventory.hosts.find(({ name }) => name === node.name);
    return host === undefined ? [] : [nodeObject(inventory, host, node)];
  });
}

/** Why the {@link nodeMetadata} of some hosts can only be known later; undefined where all of them are registered. Pure. */
export function unregisteredNodes(hosts: readonly Host[], live: readonly LiveNode[]): string | undefined {
  const missing = hosts.filter((host) => runsKubelet(host) && !live.some(({ name }) => name === host.name));
  if (missing.length === 0) return undefined;
  return `labels and taints of ${missing.map(({ name }) => name).join(', ')} are set once they are registered`;
}

function nodeObject(inventory: Inventory, host: Host, node: LiveNode): KubeObject {
  const wanted = wantedTaints(inventory, host);
  // Once it has been ours, the list stays ours: given up, it would go with the taints of others in it.
  const changesTaints = wanted.length > 0 || node.managedTaints !== undefined;
  const annotations = {
    ...inventory.cluster.network.needs.nodeAnnotations?.[host.name],
    ...(changesTaints ? { [taintsAnnotation]: JSON.stringify(wanted) } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: host.name,
      labels: { ...roleLabels(inventory, host), ...host.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    ...(changesTaints ? { spec: { taints: mergeTaints(node, wanted) } } : {}),
  };
}

/** What is there keeps its place, or every taint that comes and goes by itself (a cordon) would look like a change of ours. */
function mergeTaints(node: LiveNode, wanted: readonly Taint[]): readonly Taint[] {
  const kept = node.taints.flatMap((taint) => {
    const mine = wanted.find((one) => same(one, taint));
    if (mine !== undefined) return [(mine.value ?? '') === (taint.value ?? '') ? taint : mine];
    return node.managedTaints?.some((one) => same(one, taint)) === true ? [] : [taint];
  });
  return [...kept, ...wanted.filter((taint) => !kept.some((one) => same(one, taint)))];
}

/** An annotation is anybody's to write: what is no list of taints counts as an empty one. */
function readTaints(annotation: string | undefined): readonly Taint[] | undefined {
  if (annotation === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(annotation);
    return Array.isArray(value) ? value.filter(isTaint) : [];
  } catch {
    return [];
  }
}

function isTaint(value: unknown): value is Taint {
  return typeof value === 'object' && value !== null && 'key' in value && 'effect' in value;
}

function wantedTaints(inventory: Inventory, host: Host): readonly Taint[] {
  const own = roleTaints(host, inventory.cluster.versions.kubernetes);
  return [...own, ...host.taints.filter((taint) => !own.some((mine) => same(mine, taint)))];
}

function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

function roleLabels(inventory: Inventory, host: Host): Readonly<Record<string, string>> {
  const { nodeLabels: ofNetwork = {} } = inventory.cluster.network.needs;
  return {
    ...(host.roles.has('master') ? controlPlaneLabels(inventory.cluster.versions.kubernetes) : {}),
    ...(host.roles.has('node') ? { 'node-role.kubernetes.io/node': '' } : {}),
    ...Object.fromEntries([...host.roles].flatMap((role) => Object.entries(ofNetwork[role] ?? {}))),
  };
}

/** Names of the hosts that run a kubelet. */
export function nodeNames(inventory: Inventory): readonly string[] {
  return inventory.hosts.filter(runsKubelet).map(({ name }) => name);
}
