import { takeLock } from '../../engine/lock.ts';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { loadInventory } from '../../inventory/load.ts';
import type { Inventory } from '../../inventory/model.ts';
import { readSecretText } from '../../inventory/secret-file.ts';
import { networkPlugins } from '../../network/network.ts';
import { decryptStore, encryptStore, openFolder } from '../../pki/index.ts';
import type { SealFor, StoreKey } from '../../pki/index.ts';
import { askSecret } from '../ask-secret.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { noCluster } from '../known-cluster.ts';
import { makeStateDir, statePaths } from '../state.ts';
import type { StatePaths } from '../state.ts';
import type { KeyFlags } from '../store-key-of.ts';
import { storeKeyOf } from '../store-key-of.ts';

/** For whom something is encrypted. */
export interface SealFlags {
  readonly recipient: readonly string[];
  readonly passphrase?: true | undefined;
  readonly passphraseFile?: string | undefined;
}

export interface StoreRequest extends KeyFlags {
  readonly inventory: string;
}

/** What the commands of a store work with, under the controller's lock. */
export interface OpenState {
  readonly inventory: Inventory;
  readonly paths: StatePaths;
  readonly storeKey: StoreKey;
}

/** `k8sup pki encrypt`. */
export function encrypt(request: StoreRequest & SealFlags, io: Io): Promise<number> {
  return withState(request, { command: 'pki encrypt', known: true }, io, async ({ inventory, paths }) => {
    const count = await encryptStore(await openFolder(paths.pki), () => sealFor(request, io, 'the store'));
    say(io, `${String(count)} keys in ${paths.pki} are encrypted; the certificates beside them are not`);
    const { passphrase, identityFile } = inventory.cluster.store;
    if (passphrase === undefined && identityFile === undefined) say(io, openedBy(request));
    return exitCodes.ok;
  });
}

/** `k8sup pki decrypt`. */
export function decrypt(request: StoreRequest, io: Io): Promise<number> {
  return withState(request, { command: 'pki decrypt', known: true }, io, async ({ paths, storeKey }) => {
    const count = await decryptStore(await openFolder(paths.pki), storeKey);
    say(io, `${String(count)} keys in ${paths.pki} lie in the clear`);
    return exitCodes.ok;
  });
}

/**
 * For whom the flags say that something is to be encrypted; a passphrase that is typed is typed twice.
 *
 * @param what - is encrypted, for questions.
 * @throws K8supError `SEAL_WHOM` where they name nobody, `PASSPHRASE_SHORT`, `PASSPHRASE_DIFFERS`.
 */
export async function sealFor(flags: SealFlags, io: Io, what: string): Promise<SealFor> {
  const { recipient: recipients, passphrase, passphraseFile } = flags;
  if (passphraseFile !== undefined) {
    return { recipients, passphrase: longEnough(await readSecretText(passphraseFile, 'pki')) };
  }
  if (passphrase === true) return { recipients, passphrase: await askTwice(io, what) };
  if (recipients.length > 0) return { recipients };
  throw new K8supError({
    code: 'SEAL_WHOM',
    kind: 'usage',
    what: `it is not said for whom ${what} is to be encrypted`,
    fix: 'give --recipient age1…, --passphrase or --passphrase-file FILE',
  });
}

/**
 * The frame of commands that change nothing but the state folder.
 *
 * @param spec - `known`: there must be something in the store, be it before the first apply.
 */
export async function withState(
  request: StoreRequest,
  { command, known }: { readonly command: string; readonly known: boolean },
  io: Io,
  work: (state: OpenState) => Promise<number>,
): Promise<number> {
  const inventory = await loadInventory(request.inventory, networkPlugins);
  const state = { inventory, paths: statePaths(inventory), storeKey: storeKeyOf(inventory, request, io) };
  if (known && (await (await openFolder(state.paths.pki)).list()).length === 0) {
    throw noCluster(state.paths.pki, inventory.cluster.name);
  }
  await makeStateDir(state.paths);
  const release = await takeLock(state.paths.lock, command);
  try {
    return await work(state);
  } finally {
    await release();
  }
}

/** What later commands need, which the inventory does not name yet. */
function openedBy({ passphrase, passphraseFile }: SealFlags): string {
  return passphrase === true || passphraseFile !== undefined
    ? 'Commands ask for the passphrase from now on, or take it from where cluster.certificates.store in the inventory says.'
    : 'Commands need --identity FILE from now on, or cluster.certificates.store.identityFile in the inventory.';
}

async function askTwice(io: Io, what: string): Promise<string> {
  const { signal } = new AbortController();
  const first = longEnough(await askSecret(io, `new passphrase of ${what}`, signal, 'give --passphrase-file FILE'));
  if ((await askSecret(io, 'the same again', signal)) === first) return first;
  throw new K8supError({
    code: 'PASSPHRASE_DIFFERS',
    kind: 'usage',
    what: 'the two are not the same; nothing was changed',
    fix: 'run the same command again',
  });
}

/** A passphrase guards the keys against whoever has the files, and as many guesses as he likes. */
function longEnough(passphrase: string): string {
  if (passphrase.length >= 12 && !/[\r\n]/.test(passphrase)) return passphrase;
  throw new K8supError({
    code: 'PASSPHRASE_SHORT',
    kind: 'usage',
    what: 'a passphrase is one line of at least 12 characters',
    fix: 'take some random words',
  });
}
