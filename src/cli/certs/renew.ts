import type { RunContext } from '../../engine/run-context.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { suggest } from '../../inventory/suggest.ts';
import { makeRejoin } from '../../kube/index.ts';
import {
  askedFor,
  howToSign,
  leafFiles,
  leafName,
  leafPlaces,
  openClusterPki,
  requestsFolder,
  requestsWait,
  waitText,
  writeRequests,
} from '../../pki/index.ts';
import type { LeafPlace, Store } from '../../pki/index.ts';
import { apply } from '../commands/apply.ts';
import type { Io } from '../io.ts';
import { openKnownStore } from '../known-cluster.ts';
import type { RunFlags } from '../options.ts';
import { unknownHosts } from '../run.ts';
import type { Run } from '../run.ts';

export interface RenewRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Kinds of leaves; empty with `all`. */
  readonly names: readonly string[];
  readonly all: boolean;
  /** Of these hosts alone; undefined for all. */
  readonly hosts: readonly string[] | undefined;
}

const kubelet = 'kubelet';

/**
 * `k8sup certs renew`: makes leaves anew, with new keys, and brings them to the hosts by an apply: one host at a time, each behind its health gate, and
 * units that read a certificate once are restarted. A kubelet gets its two by joining again.
 */
export async function renew(request: RenewRequest, io: Io): Promise<number> {
  return apply(
    {
      ...{ inventory: request.inventory, flags: request.flags, stages: {}, verify: false, yes: true },
      command: ['certs renew', ...(request.all ? ['--all'] : request.names)].join(' '),
      prepare: async (run) => {
        const chosen = chosenPlaces(request, run.inventory);
        const kubelets = kubeletsOf(request, run.inventory).length;
        if (chosen.length + kubelets === 0) throw noneThere(request);
        const store = await openKnownStore(run);
        const here = await signedHere({ chosen, kubelets }, run, store);
        // An apply makes what is missing; where this run ends here, the next one does it.
        await store.remove(here.flatMap(({ id }) => Object.values(leafFiles(id))));
        // What stays on the controller changes no host, and would be told nowhere.
        if (here.length > 0) run.emit({ type: 'note', text: `made anew: ${kindsOf(here)}` });
      },
      begin: (context) => forgetKubelets(request, context),
    },
    io,
  );
}

/**
 * Those whose authority's key is here. For the others requests are written, and what is in use is kept until they are signed.
 *
 * @throws K8supError `PKI_REQUESTS` where nothing else is to be done.
 */
async function signedHere(
  { chosen, kubelets }: { readonly chosen: readonly LeafPlace[]; readonly kubelets: number },
  run: Run,
  store: Store,
): Promise<readonly LeafPlace[]> {
  const { leaves } = await openClusterPki(run.paths.pki, run.inventory, { dryRun: true, key: run.storeKey });
  const elsewhere = leaves
    .map(({ wanted }) => wanted)
    .filter(({ authority, place }) => authority.key === undefined && chosen.some(({ id }) => id === place.id));
  if (elsewhere.length === 0) return chosen;
  const others = (await askedFor(store, leaves)).map(({ wanted }) => wanted);
  await writeRequests(store, [...new Set([...elsewhere, ...others])]);
  const waiting = elsewhere.map(({ place, authority }) => ({ what: leafName(place), authority: authority.name }));
  const dir = store.path(requestsFolder);
  if (elsewhere.length === chosen.length && kubelets === 0) {
    throw requestsWait(waiting, dir, 'k8sup apply  brings them to the hosts');
  }
  run.emit({ type: 'warning', text: `${waitText(waiting)}: ${howToSign(dir)}, then  k8sup apply` });
  return chosen.filter(({ id }) => !elsewhere.some(({ place }) => place.id === id));
}

/** @throws K8supError `RENEW_WHAT`. */
function chosenPlaces({ names, all, hosts }: RenewRequest, inventory: Inventory): readonly LeafPlace[] {
  const places = leafPlaces(inventory);
  const known = [...new Set([...places.map(({ kind }) => kind.name), kubelet])];
  const unknown = names.filter((name) => !known.some((one) => one === name));
  const away = unknownHosts(inventory, hosts ?? []);
  if (away !== undefined) throw refused(away.what, away.fix);
  const some = `name some of ${known.join(', ')}, or all of them by --all; an apply renews by itself what is near its end`;
  if (unknown.length > 0)
    throw refused(`there is no certificate ${unknown.join(', ')} to renew`, instead(unknown, known) ?? some);
  if (names.length === 0 && !all) throw refused('it is not said which certificates are to be renewed', some);
  return places.filter(
    ({ kind, host }) =>
      (all || names.includes(kind.name)) && (hosts === undefined || (host !== undefined && hosts.includes(host.name))),
  );
}

/** An apply that renews nothing would look like one that has. */
function noneThere({ names, hosts = [] }: RenewRequest): K8supError {
  return refused(
    `${hosts.join(', ')} has no ${names.join(', ') || 'certificate'} of its own; nothing was renewed`,
    'leave --hosts out, or name hosts that  k8sup certs  shows it for',
    'it is one that all hosts share, or of another role',
  );
}

function kindsOf(places: readonly LeafPlace[]): string {
  const names = places.map(({ kind }) => kind.name);
  const count = (name: string): number => names.filter((one) => one === name).length;
  return [...new Set(names)].map((name) => (count(name) === 1 ? name : `${name} (${String(count(name))})`)).join(', ');
}

/** An authority is not renewed but exchanged; of other names the one that is like it. */
function instead([name = '']: readonly string[], known: readonly string[]): string | undefined {
  const authority = /^(kubernetes|etcd|front-proxy)-ca$/.exec(name)?.[1];
  if (authority !== undefined) return `authorities are exchanged:  k8sup certs rotate-ca ${authority}`;
  const meant = suggest(name, known);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

function refused(what: string, fix: string, why?: string): K8supError {
  return new K8supError({ code: 'RENEW_WHAT', kind: 'usage', what, fix, ...(why === undefined ? {} : { why }) });
}

/** A kubelet without its certificate joins again in the stage of nodes. */
async function forgetKubelets(request: RenewRequest, context: RunContext): Promise<void> {
  const chosen = kubeletsOf(request, context.inventory);
  await Promise.all(chosen.map((host) => makeRejoin(host, { ...context, stageId: 'certs renew' })));
}

function kubeletsOf({ names, all, hosts }: RenewRequest, inventory: Inventory): readonly Host[] {
  if (!all && !names.includes(kubelet)) return [];
  return inventory.hosts.filter((host) => runsKubelet(host) && (hosts?.includes(host.name) ?? true));
}
