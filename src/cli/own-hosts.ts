import { join } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Run } from './run.ts';
import { readState } from './state.ts';

type Mark = Pick<Facts, 'clusterId' | 'clusterName'>;

/**
 * Makes sure that no host bears the mark of another cluster than that of the state beside the inventory; hosts without a mark are anybody's. Of the
 * state it reads the id alone, so that any other damage to it is no hindrance.
 *
 * @param stateLost - the name alone decides where there is no id to compare with.
 * @throws K8supError `OTHER_CLUSTER`, `STATE_LOST`.
 */
export async function refuseForeignHosts(
  { inventory, paths }: Pick<Run, 'inventory' | 'paths'>,
  facts: ReadonlyMap<string, Mark>,
  stateLost: boolean,
): Promise<void> {
  const { name } = inventory.cluster;
  const marked = [...facts].filter(([, mark]) => mark.clusterName !== undefined);
  const otherName = marked.filter(([, mark]) => mark.clusterName !== name);
  if (otherName.length > 0) throw otherCluster(otherName, 'use the inventory of that cluster');
  const id = await readClusterId(paths.pki);
  if (id === undefined) {
    if (marked.length > 0 && !stateLost) throw noState(paths.dir, marked);
    return;
  }
  const otherId = marked.filter(([, mark]) => mark.clusterId !== id);
  if (otherId.length === 0) return;
  const fix = `clean from where it was applied; if its state is lost for good, move ${paths.dir} away and use --state-lost`;
  throw otherCluster(otherId, fix, `the state in ${paths.dir} is of ${name} ${id}`);
}

/** An empty file is what a crash left, and tells no more than none. */
async function readClusterId(pki: string): Promise<string | undefined> {
  const id = (await readState(join(pki, 'cluster-id')))?.trim();
  return id === '' ? undefined : id;
}

function otherCluster(foreign: readonly (readonly [string, Mark])[], fix: string, own?: string): K8supError {
  return new K8supError({
    code: 'OTHER_CLUSTER',
    kind: 'preflight',
    what: `${namesOf(foreign)} ${foreign.length === 1 ? 'belongs' : 'belong'} to another k8sup cluster; nothing was changed`,
    why: [...(own === undefined ? [] : [own]), marksOf(foreign)].join('\n'),
    fix,
  });
}

function noState(dir: string, marked: readonly (readonly [string, Mark])[]): K8supError {
  return new K8supError({
    code: 'STATE_LOST',
    kind: 'preflight',
    what: `whether ${namesOf(marked)} ${marked.length === 1 ? 'is' : 'are'} of this cluster cannot be told; nothing was changed`,
    why: `${dir} holds no id to compare with, and another cluster may have the same name\n${marksOf(marked)}`,
    fix: 'clean from where it was applied, or with its state from a backup; if that is lost for good, use --state-lost',
  });
}

function namesOf(hosts: readonly (readonly [string, Mark])[]): string {
  return hosts.map(([host]) => host).join(', ');
}

function marksOf(hosts: readonly (readonly [string, Mark])[]): string {
  return hosts.map(([host, mark]) => `${host}: ${mark.clusterName ?? ''} ${mark.clusterId ?? ''}`).join('\n');
}
