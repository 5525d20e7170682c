import { pkiError } from './pki-error.ts';
import type { Store } from './store.ts';

/** How things are kept that are made once in the life of a cluster. */
export interface Once {
  readonly store: Store;
  /** Make in memory only. */
  readonly dryRun: boolean;
  /** The store had them all once, so what is missing was lost. */
  readonly complete: boolean;
}

/** Any of these tells that the authorities were complete once: leaves and the cluster's id come after them. */
const completionMarks = ['cluster-id', 'admin.pem', 'hosts'] as const;

/** Leaves are there before the authorities are complete, and so tell nothing of them. */
const leavesFirstMark = 'leaves-first';

/**
 * The two files of a pair, made together where both are missing.
 *
 * @throws K8supError `PKI_HALF_PAIR`, `PKI_LOST`.
 */
export async function pair(
  make: Once,
  names: readonly [string, string],
  create: () => Promise<readonly [string, string]>,
): Promise<{ readonly first: string; readonly second: string; readonly pending: boolean }> {
  const [first, second] = await Promise.all([make.store.read(names[0]), make.store.read(names[1])]);
  if (first !== undefined && second !== undefined) return { first, second, pending: false };
  if (first !== undefined || second !== undefined) throw halfPair(make.store, names, first === undefined);
  if (make.complete) throw lost(make.store, names[1]);
  const [newFirst, newSecond] = await create();
  if (!make.dryRun) {
    await make.store.write([
      { name: names[1], text: newSecond },
      { name: names[0], text: newFirst },
    ]);
  }
  return { first: newFirst, second: newSecond, pending: make.dryRun };
}

/** A file of one line, made where it is missing. @throws K8supError `PKI_LOST`. */
export async function single(
  make: Once,
  name: string,
  create: () => string | Promise<string>,
): Promise<{ readonly value: string; readonly pending: boolean }> {
  const text = await make.store.read(name);
  if (text !== undefined) return { value: text.trim(), pending: false };
  if (make.complete) throw lost(make.store, name);
  const value = await create();
  if (!make.dryRun) await make.store.write([{ name, text: `${value}\n` }]);
  return { value, pending: make.dryRun };
}

/** Whether the store's authorities were all there once. */
export async function wasComplete(store: Store): Promise<boolean> {
  const [id, ...leaves] = await Promise.all(completionMarks.map((name) => store.has(name)));
  if (id === true || !leaves.includes(true)) return id === true;
  return !(await store.has(leavesFirstMark));
}

/** To be called before a leaf is written by what does not make authorities. */
export async function leavesFirst(store: Store): Promise<void> {
  if (await wasComplete(store)) return;
  await store.write([{ name: leavesFirstMark, text: 'until the first apply\n' }]);
}

/** To be called when all are there. */
export function completed({ store, complete, dryRun }: Once): Promise<void> {
  return complete || dryRun ? Promise.resolve() : store.remove([leavesFirstMark]);
}

function halfPair(store: Store, names: readonly [string, string], firstIsMissing: boolean): Error {
  const [missing, present] = firstIsMissing ? names : [names[1], names[0]];
  return pkiError('PKI_HALF_PAIR', `${store.path(missing)} is missing, though ${present} is there`, {
    why: 'a new one would not fit what the cluster already trusts, so it is never made silently',
    fix: `put it back from a backup (k8sup pki restore); where no cluster was ever installed with it, delete ${store.path(present)}`,
  });
}

function lost(store: Store, name: string): Error {
  return pkiError('PKI_LOST', `${store.path(name)} is missing from a store that once was complete`, {
    why: 'a new one would lock out everything that trusts the old one, so it is never made silently',
    fix: `put it back from a backup (k8sup pki restore); for a cluster that does not exist any more, move ${store.dir} away`,
  });
}
