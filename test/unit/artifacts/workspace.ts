import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../../../src/artifacts/source.ts';

/** A workspace below a folder, as the cache makes them. */
export async function workspaceIn(root: string, name = 'work'): Promise<Workspace> {
  const own = join(root, name);
  const workspace = { files: join(own, 'files'), scratch: join(own, 'scratch'), downloads: join(own, 'downloads') };
  await mkdir(workspace.files, { recursive: true });
  await mkdir(workspace.scratch);
  return workspace;
}
