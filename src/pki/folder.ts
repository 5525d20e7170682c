import { randomBytes } from 'node:crypto';
import { constants, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { messageOf } from '../errors/k8sup-error.ts';
import { pkiError } from './pki-error.ts';

/** A file to write: its name below the store, with forward slashes, and its text. */
export interface StoreFile {
  readonly name: string;
  readonly text: string;
}

/** A folder of files that are secret: 0700 and 0600, without symbolic links. */
export interface Folder {
  /** Absolute path; it need not exist until something is written. */
  readonly dir: string;
  path(name: string): string;
  /** Whether a file or folder of this name exists. */
  has(name: string): Promise<boolean>;
  /** Text of a file, undefined where there is none. @throws K8supError `PKI_STORE_MODE`, `PKI_STORE_OWNER`, `PKI_STORE`. */
  read(name: string): Promise<string | undefined>;
  /** Writes files that belong together: all are on disk before the first one takes its place. @throws K8supError `PKI_STORE`. */
  write(files: readonly StoreFile[]): Promise<void>;
  /** Takes files away; one that is not there is none to take away. @throws K8supError `PKI_STORE`. */
  remove(names: readonly string[]): Promise<void>;
  /** Names of all files, sorted, without what a write that was killed has left. @throws K8supError `PKI_STORE_MODE`, `PKI_STORE`. */
  list(): Promise<readonly string[]>;
  /** Takes away what a write that was killed has left. */
  sweep(): Promise<void>;
}

/**
 * Opens the folder, creating nothing.
 *
 * @throws K8supError `PKI_STORE_MODE` when others than the owner may enter it, `PKI_STORE_OWNER` when it is somebody else's.
 */
export async function openFolder(dir: string): Promise<Folder> {
  const checkFolder = folderCheck(dir);
  await checkFolder(dir);
  const path = (name: string): string => join(dir, ...checkedSegments(name));
  const all = async (): Promise<readonly string[]> =>
    (await statOrUndefined(dir)) ? filesBelow(dir, checkFolder) : [];
  return {
    dir,
    path,
    has: async (name) => (await statOrUndefined(path(name))) !== undefined,
    read: async (name) => {
      const file = path(name);
      for (const folder of foldersOf(dir, file)) await checkFolder(folder);
      return readSecret(file);
    },
    write: async (files) => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await checkFolder(dir);
      await writeTogether(files.map((file) => ({ path: path(file.name), text: file.text })));
    },
    remove: async (names) => {
      for (const name of names) await removeFile(path(name));
    },
    list: async () => (await all()).filter((name) => !leftover.test(name)),
    sweep: async () => {
      for (const name of (await all()).filter((one) => leftover.test(one))) await removeFile(join(dir, name));
    },
  };
}

/** As {@link writeTogether} names what it has not renamed yet. */
const leftover = /\.[0-9a-f]{12}\.tmp$/;

/** Each folder is looked at once: a cluster has one for every host. */
function folderCheck(root: string): (folder: string) => Promise<void> {
  const known = new Map<string, Promise<void>>();
  return (folder) => {
    const check = known.get(folder) ?? checkDirectory(folder, folder === root);
    // One that is not there yet may come with other modes.
    if (folder !== root) known.set(folder, check);
    return check;
  };
}

function foldersOf(root: string, file: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); folder !== root; folder = dirname(folder)) folders.unshift(folder);
  return folders;
}

async function filesBelow(root: string, check: (folder: string) => Promise<void>, below = ''): Promise<string[]> {
  const folder = join(root, below);
  await check(folder);
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) names.push(...(await filesBelow(root, check, name)));
    else if (entry.isFile()) names.push(name);
    else throw pkiError('PKI_STORE', `${join(root, name)} is neither a file nor a folder`, { fix: 'move it away' });
  }
  return names.sort();
}

/** The store itself may be a link to another disk; below it nothing is. */
async function checkDirectory(dir: string, isRoot: boolean): Promise<void> {
  const stats = await statOrUndefined(dir, isRoot ? stat : lstat);
  if (!stats) return;
  if (!stats.isDirectory()) {
    throw pkiError('PKI_STORE', `${dir} is no folder`, { fix: 'move it away, so that the store can be there' });
  }
  refuseLooser(dir, stats, '0700');
}

function refuseLooser(path: string, { mode, uid }: Pick<Stats, 'mode' | 'uid'>, wanted: '0700' | '0600'): void {
  const me = process.geteuid?.() ?? uid;
  if (uid !== me && me !== 0) {
    throw pkiError('PKI_STORE_OWNER', `${path} is not yours`, {
      why: `it belongs to the user ${String(uid)}, who could read and replace what you write there; you are ${String(me)}`,
      fix: 'run k8sup as that user, or make the folder and all that is in it your own',
    });
  }
  if ((mode & 0o077) === 0) return;
  throw pkiError('PKI_STORE_MODE', `${path} is open to other users`, {
    why: `its mode is ${(mode & 0o7777).toString(8).padStart(4, '0')}; what holds keys must be ${wanted}`,
    fix: `find out who could read it, then: chmod ${wanted === '0700' ? '-R go=' : wanted} '${path}'`,
  });
}

const correctRights = 'correct the rights of the file and its folder, which are for their owner alone, and run again';

async function readSecret(path: string): Promise<string | undefined> {
  try {
    // Not through a symbolic link: the mode checked must be that of the file read.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    refuseLooser(path, await file.stat(), '0600');
    return await file.readFile('utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error)?.startsWith('PKI_')) throw error;
    throw pkiError('PKI_STORE', `${path} cannot be read`, { why: messageOf(error), fix: correctRights, cause: error });
  }
}

async function writeTogether(files: readonly { readonly path: string; readonly text: string }[]): Promise<void> {
  const staged: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const from = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      staged.push({ from, to: path });
      await writeNew(from, text);
    }
    for (const { from, to } of staged) await rename(from, to);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) await syncFolder(folder);
  } catch (error) {
    await Promise.allSettled(staged.map(({ from }) => unlink(from)));
    throw pkiError('PKI_STORE', `the store of certificates cannot be written`, {
      why: messageOf(error),
      fix: 'make room, or correct the rights of the folder, and run again',
      cause: error,
    });
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw pkiError('PKI_STORE', `${path} cannot be removed`, {
      why: messageOf(error),
      fix: correctRights,
      cause: error,
    });
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** Or a power cut could take back a key that hosts already trust. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  await folder.sync();
}

async function statOrUndefined(path: string, look = stat): Promise<Stats | undefined> {
  try {
    return await look(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw pkiError('PKI_STORE', `${path} cannot be looked at`, {
      why: messageOf(error),
      fix: correctRights,
      cause: error,
    });
  }
}

function checkedSegments(name: string): readonly string[] {
  const segments = name.split('/');
  if (segments.every((segment) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(segment))) return segments;
  throw new Error(`not a name in the store: ${JSON.stringify(name)}`);
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
