import { randomBytes } from 'node:crypto';
import { constants, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { messageOf } from '../errors/k8sup-error.ts';
import { pkiError } from './pki-error.ts';

/** A file to write: its name below the store, with forward slashes, and its text. */
export interface StoreFile {
  readonly name: string;
  readonly text: string;
}

/** The folder that holds one cluster's keys and certificates. */
export interface Store {
  /** Absolute path; it need not exist until something is written. */
  readonly dir: string;
  path(name: string): string;
  /** Whether a file or folder of this name exists. */
  has(name: string): Promise<boolean>;
  /** Text of a file, undefined where there is none. @throws K8supError `PKI_STORE_MODE`, `PKI_STORE`. */
  read(name: string): Promise<string | undefined>;
  /** Writes files that belong together: all are on disk before the first one takes its place. @throws K8supError `PKI_STORE`. */
  write(files: readonly StoreFile[]): Promise<void>;
  /** Takes files away; one that is not there is none to take away. @throws K8supError `PKI_STORE`. */
  remove(names: readonly string[]): Promise<void>;
}

/**
 * Opens the store, creating nothing.
 *
 * @throws K8supError `PKI_STORE_MODE` when others than the owner may enter it.
 */
export async function openStore(dir: string): Promise<Store> {
  await checkDirectory(dir);
  const path = (name: string): string => join(dir, ...checkedSegments(name));
  return {
    dir,
    path,
    has: async (name) => (await statOrUndefined(path(name))) !== undefined,
    read: (name) => readSecret(path(name)),
    write: async (files) => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await checkDirectory(dir);
      await writeTogether(files.map((file) => ({ path: path(file.name), text: file.text })));
    },
    remove: async (names) => {
      for (const name of names) await removeFile(path(name));
    },
  };
}

async function checkDirectory(dir: string): Promise<void> {
  const stats = await statOrUndefined(dir);
  if (!stats) return;
  if (!stats.isDirectory()) {
    throw pkiError('PKI_STORE', `${dir} is no folder`, { fix: 'move it away, so that the store can be there' });
  }
  refuseLooser(dir, stats.mode, '0700');
}

function refuseLooser(path: string, mode: number, wanted: '0700' | '0600'): void {
  if ((mode & 0o077) === 0) return;
  throw pkiError('PKI_STORE_MODE', `${path} is open to other users`, {
    why: `its mode is ${(mode & 0o7777).toString(8).padStart(4, '0')}; what holds keys must be ${wanted}`,
    fix: `find out who could read it, then: chmod ${wanted} '${path}'`,
  });
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    // Not through a symbolic link: the mode checked must be that of the file read.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    refuseLooser(path, (await file.stat()).mode, '0600');
    return await file.readFile('utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error)?.startsWith('PKI_')) throw error;
    throw pkiError('PKI_STORE', `${path} cannot be read`, { why: messageOf(error), cause: error });
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
    throw pkiError('PKI_STORE', `${path} cannot be removed`, { why: messageOf(error), cause: error });
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

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw pkiError('PKI_STORE', `${path} cannot be looked at`, { why: messageOf(error), cause: error });
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
