import { writeFile } from 'node:fs/promises';
import { K8supError } from '../../errors/k8sup-error.ts';
import { exampleInventory } from '../../inventory/example.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

/** `k8sup init`: never writes over a file. */
export async function init(file: string, io: Io): Promise<number> {
  try {
    await writeFile(file, exampleInventory(), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new K8supError({
      code: 'FILE_EXISTS',
      kind: 'usage',
      what: `${file} is there already`,
      fix: 'name another file: k8sup init FILE',
    });
  }
  say(
    io,
    `${file} written. Put your hosts into it, then:\n  k8sup validate ${file}\n  k8sup plan ${file}\n  k8sup apply ${file}`,
  );
  return 0;
}
