import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { isAge, isSecret, openFolder, readBackup } from '../../pki/index.ts';
import type { Backup, StoreFile, StoreKey } from '../../pki/index.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { readNamed } from '../named-file.ts';
import type { StatePaths } from '../state.ts';
import { besideStore, stateFiles, storePrefix } from './state-files.ts';
import { withState } from './store.ts';
import type { StoreRequest } from './store.ts';

export interface RestoreRequest extends StoreRequest {
  readonly file: string;
  /** The store of the same cluster that is there makes room for it. */
  readonly replace: boolean;
}

/** `k8sup pki restore`: puts a backup where the store was. A store that is there is never written over: at most it is moved aside. */
export function restore(request: RestoreRequest, io: Io, now = new Date()): Promise<number> {
  return withState(request, { command: 'pki restore', known: false }, io, async ({ inventory, paths, storeKey }) => {
    const backup = await readFrom(request.file, storeKey);
    const { name } = inventory.cluster;
    if (backup.cluster !== name) {
      throw new K8supError({
        code: 'BACKUP_OTHER_CLUSTER',
        kind: 'usage',
        what: `${request.file} is of the cluster ${backup.cluster}, and this inventory is of ${name}`,
        fix: 'name the inventory of that cluster with -i',
      });
    }
    const there = await stateFiles(paths);
    if (same(there, backup.files)) {
      say(io, `${paths.pki} is already as in ${request.file}`);
      return exitCodes.ok;
    }
    if (there.some(isOfStore)) refuseOther(backup, there, { replace: request.replace, pki: paths.pki });
    const aside = await put(backup, paths, now);
    const moved = aside === undefined ? '' : `; what was there is in ${aside}`;
    say(io, `${paths.pki} holds the store of ${`${name} ${backup.clusterId}`.trim()} again${moved}`);
    const inClear = (files: readonly StoreFile[]): boolean => files.some(({ name: file }) => isSecret(file));
    if (aside !== undefined && inClear(backup.files) && !inClear(there))
      say(io, 'Its keys lie in the clear, as in the backup; those that were there were encrypted:  k8sup pki encrypt');
    return exitCodes.ok;
  });
}

async function readFrom(file: string, key: StoreKey): Promise<Backup> {
  const text = await readNamed(file);
  const backup = readBackup(isAge(text) ? await key.open({ name: file, text }) : text, file);
  const strange = backup.files.find((one) => !isOfStore(one) && !besideStore.some((name) => name === one.name));
  if (strange === undefined) return backup;
  throw new K8supError({
    code: 'PKI_BACKUP',
    kind: 'pki',
    what: `${file} cannot be restored; nothing was changed`,
    why: `${strange.name} is no file that a backup has`,
    fix: 'name a file that  k8sup pki backup  wrote',
  });
}

/** @throws K8supError `PKI_STORE_EXISTS`. */
function refuseOther(
  backup: Backup,
  there: readonly StoreFile[],
  { replace, pki }: { readonly replace: boolean; readonly pki: string },
): void {
  const id = there.find(({ name }) => name === `${storePrefix}cluster-id`)?.text.trim();
  const own = id === undefined || id === '' || id === backup.clusterId;
  if (own && replace) return;
  throw new K8supError({
    code: 'PKI_STORE_EXISTS',
    kind: 'pki',
    what: `${pki} holds another store; nothing was changed`,
    why: own
      ? `it is ${id === undefined ? 'one without an id' : 'of the same cluster'}, and may have keys that the backup has not`
      : `it is of the cluster with the id ${id}, the backup of ${backup.clusterId || 'one without an id'}`,
    fix: own
      ? 'give --replace to have it moved aside and the backup in its place'
      : `where that cluster is gone, move ${pki} away yourself`,
  });
}

/** Interrupted anywhere, the same again completes it: the store comes last, and in one piece. */
async function put(backup: Backup, paths: StatePaths, now: Date): Promise<string | undefined> {
  const fresh = `${paths.pki}.restoring`;
  await rm(fresh, { recursive: true, force: true });
  const store = backup.files.filter(isOfStore);
  const inStore = store.map(({ name, text }) => ({ name: name.slice(storePrefix.length), text }));
  await (await openFolder(fresh)).write(inStore);
  const aside = join(paths.dir, `replaced-${now.toISOString().replaceAll(':', '')}`);
  let moved = false;
  for (const name of ['pki', ...besideStore]) {
    const path = join(paths.dir, name);
    if (!(await exists(path))) continue;
    await mkdir(aside, { recursive: true, mode: 0o700 });
    await rename(path, join(aside, name));
    moved = true;
  }
  const beside = backup.files.filter((file) => !isOfStore(file));
  if (beside.length > 0) await (await openFolder(paths.dir)).write(beside);
  await rename(fresh, paths.pki);
  await using folder = await open(paths.dir);
  await folder.sync();
  return moved ? aside : undefined;
}

function isOfStore({ name }: StoreFile): boolean {
  return name.startsWith(storePrefix);
}

function same(a: readonly StoreFile[], b: readonly StoreFile[]): boolean {
  const said = (files: readonly StoreFile[]): string =>
    JSON.stringify(files.map(({ name, text }) => [name, text]).sort());
  return said(a) === said(b);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
