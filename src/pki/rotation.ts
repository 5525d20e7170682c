import { pkiError } from './pki-error.ts';
import type { Store } from './store.ts';

/** What a cluster's trust hangs on, and can be exchanged while the cluster works. */
export const rotatable = ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca', 'service-account', 'encryption-key'] as const;
export type Rotatable = (typeof rotatable)[number];

/**
 * How far an exchange is. `trust`: the next one is trusted beside the one in use. `issue`: the next one is in use, the old one is still trusted. `drop`:
 * the next one alone. An apply brings the hosts to the phase that the store says, and never goes from one to the other.
 */
export const phases = ['trust', 'issue', 'drop'] as const;
export type Phase = (typeof phases)[number];

/** An exchange that is under way. */
export interface Rotation {
  readonly phase: Phase;
  /** When all hosts had been brought to the phase, and whatever else it waits for was there. RFC 3339; absent before. */
  readonly settled?: string;
  /** When pods could first see what the phase brings. RFC 3339. */
  readonly seen?: string;
}

/** Those that are under way. */
export type Rotations = ReadonlyMap<Rotatable, Rotation>;

const file = 'rotation.json';

/** @throws K8supError `PKI_ROTATION` where the store's file of them is damaged. */
export async function readRotations(store: Store): Promise<Rotations> {
  const text = await store.read(file);
  if (text === undefined) return new Map();
  try {
    const entries = Object.entries(JSON.parse(text) as Readonly<Record<string, Rotation>>);
    return new Map(
      entries.map(([name, found]) => [known(rotatable, name), { ...found, phase: known(phases, found.phase) }]),
    );
  } catch (error) {
    throw pkiError('PKI_ROTATION', `${store.path(file)} does not say how far an exchange of keys is`, {
      fix: 'put it back from a backup of the same day: without it nobody knows which key is in use',
      cause: error,
    });
  }
}

/** Remembers how far one is, or with `undefined` that none is under way. */
export async function writeRotation(store: Store, name: Rotatable, to: Rotation | undefined): Promise<void> {
  const rotations = new Map(await readRotations(store));
  if (to === undefined) rotations.delete(name);
  else rotations.set(name, to);
  await store.write([{ name: file, text: `${JSON.stringify(Object.fromEntries(rotations), undefined, 2)}\n` }]);
}

/** What is used, and all that is trusted, the oldest first: their order stays while what is used changes, so that nothing is restarted for it. */
export interface InUse<T> {
  readonly used: T;
  readonly trusted: readonly T[];
}

/** Asks for `now` and `next` only where the phase has them: at the end of an exchange the next one is written over the old one. */
export async function inPhase<T>(
  phase: Phase | undefined,
  now: () => Promise<T>,
  next: () => Promise<T>,
): Promise<InUse<T>> {
  if (phase === undefined) {
    const used = await now();
    return { used, trusted: [used] };
  }
  const coming = await next();
  if (phase === 'drop') return { used: coming, trusted: [coming] };
  const old = await now();
  return { used: phase === 'trust' ? old : coming, trusted: [old, coming] };
}

function known<T extends string>(names: readonly T[], name: unknown): T {
  const found = names.find((candidate) => candidate === name);
  if (found === undefined) throw new Error(`unknown: ${String(name)}`);
  return found;
}
