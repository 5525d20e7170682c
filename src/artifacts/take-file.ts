import { copyFile, stat } from 'node:fs/promises';
import { isMissing } from './file-hash.ts';

/**
 * Copies the first of `candidates` that is a file to `target`.
 *
 * @returns whether there was one.
 */
export async function takeFile(candidates: readonly string[], target: string): Promise<boolean> {
  for (const candidate of candidates) {
    try {
      if (!(await stat(candidate)).isFile()) continue;
      await copyFile(candidate, target);
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return false;
}
