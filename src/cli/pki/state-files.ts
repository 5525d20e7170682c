import { join } from 'node:path';
import { openFolder } from '../../pki/index.ts';
import type { StoreFile } from '../../pki/index.ts';
import { readState } from '../state.ts';
import type { StatePaths } from '../state.ts';

/** What is kept beside the store and could not be made anew: settings that must not change, and who was given a certificate. */
export const besideStore = ['applied.json', 'users.json'] as const;

/** What the names of the store's own files begin with, in a backup. */
export const storePrefix = 'pki/';

/** All that a cluster's state folder keeps but logs and locks, by names from there. */
export async function stateFiles(paths: StatePaths): Promise<readonly StoreFile[]> {
  const folder = await openFolder(paths.pki);
  const files: StoreFile[] = [];
  for (const name of await folder.list()) {
    files.push({ name: `${storePrefix}${name}`, text: (await folder.read(name)) ?? '' });
  }
  for (const name of besideStore) {
    const text = await readState(join(paths.dir, name));
    if (text !== undefined) files.push({ name, text });
  }
  return files;
}
