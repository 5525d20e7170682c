import { join } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Facts } from '../host/facts/model.ts';
import { escapeControl } from '../shell/escape.ts';
import type { Run } from './run.ts';
import type { Session } from './session.ts';
import { readState } from './state.ts';

type Mark = Pick<Facts, 'clusterId' | 'clusterName' | 'appliedBy'>;

/** Hosts by name, as far as they were reached. */
export interface SeenHosts {
  readonly allFacts: ReadonlyMap<string, Mark>;
  readonly unreachable: Pick<Session['unreachable'], 'keys'>;
}

/**
 * Makes sure that no host bears the mark of another cluster than that of the state beside the inventory; hosts without a mark are anybody's. Of the
 * state it reads the id alone, so that any other damage to it is no hindrance. Where there is no id, the state is that of a new cluster only if every host
 * can say so: new authorities would lock a living cluster out.
 *
 * @param stateLost - for a clean: the name alone decides where there is no id to compare with.
 * @throws K8supError `OTHER_CLUSTER`, `STATE_LOST`, `STATE_UNKNOWN`.
 */
export async function refuseForeignHosts(
  { inventory, paths, hosts }: Pick<Run, 'inventory' | 'paths' | 'hosts'>,
  { allFacts, unreachable }: SeenHosts,
  stateLost = false,
): Promise<void> {
  const { name } = inventory.cluster;
  const marked = [...allFacts].filter(([, mark]) => mark.clusterName !== undefined);
  const otherName = marked.filter(([, mark]) => mark.clusterName !== name);
  if (otherName.length > 0) throw otherCluster(otherName, 'use the inventory of that cluster');
  const id = await readClusterId(paths.pki);
  if (id === undefined) {
    if (stateLost) return;
    if (marked.length > 0) throw noState(paths.dir, marked);
    // Whoever is to be changed was reached, or the command only looks at those that were.
    const unseen = [...unreachable.keys()].filter((host) => !hosts.some((one) => one.name === host));
    if (unseen.length > 0) throw unknownState(paths.dir, unseen);
    return;
  }
  const otherId = marked.filter(([, mark]) => mark.clusterId !== id);
  if (otherId.length === 0) return;
  const fix = `use the state of that cluster: its folder .k8sup/${name} from where it was applied, or  k8sup pki restore  a backup of it; to take it off, clean from there, or move ${paths.dir} away and use  k8sup clean --state-lost`;
  throw otherCluster(otherId, fix, `the state in ${paths.dir} is of ${name} ${id}`);
}

/** An empty file is what a crash left, and tells no more than none. */
async function readClusterId(pki: string): Promise<string | undefined> {
  const id = (await readState(join(pki, 'cluster-id')))?.trim();
  return id === '' ? undefined : id;
}

type Marked = readonly (readonly [string, Mark])[];

function otherCluster(foreign: Marked, fix: string, own?: string): K8supError {
  return new K8supError({
    code: 'OTHER_CLUSTER',
    kind: 'preflight',
    what: `${namesOf(foreign)} ${foreign.length === 1 ? 'belongs' : 'belong'} to another k8sup cluster; nothing was changed`,
    why: [...(own === undefined ? [] : [own]), marksOf(foreign)].join('\n'),
    fix,
  });
}

function noState(dir: string, marked: Marked): K8supError {
  return new K8supError({
    code: 'STATE_LOST',
    kind: 'preflight',
    what: `${namesOf(marked)} ${marked.length === 1 ? 'belongs' : 'belong'} to a cluster whose keys are not here; nothing was changed`,
    why: `${dir} holds no id of a cluster, and new authorities would lock this one out\n${marksOf(marked)}`,
    fix: 'restore a backup (k8sup pki restore FILE), or copy the folder .k8sup from where it was applied; if that is lost for good, take the cluster off the hosts (k8sup clean --state-lost)',
  });
}

function unknownState(dir: string, unseen: readonly string[]): K8supError {
  return new K8supError({
    code: 'STATE_UNKNOWN',
    kind: 'preflight',
    what: `whether this is a new cluster cannot be told without ${unseen.join(', ')}; nothing was changed`,
    why: `${dir} holds no id of a cluster, and hosts that cannot be reached may belong to one whose state is lost`,
    fix: 'make them reachable, or take them out of the inventory until the cluster is there',
  });
}

function namesOf(hosts: Marked): string {
  return hosts.map(([host]) => host).join(', ');
}

function marksOf(hosts: Marked): string {
  return hosts
    .map(([host, { clusterName = '', clusterId = '', appliedBy }]) => {
      const by = appliedBy === undefined ? '' : `, last changed by ${escapeControl(appliedBy)}`;
      return `${host}: ${clusterName} ${clusterId}${by}`;
    })
    .join('\n');
}
