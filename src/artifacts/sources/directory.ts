import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSums } from '../checksums.ts';
import { isMissing } from '../file-hash.ts';
import type { Store, Unavailable } from '../source.ts';
import { layoutOf } from '../source.ts';

/** A folder laid out as `<component>/<version>/linux-<architecture>/<file>` with a `SHA256SUMS` in each; it is only read. */
export function directoryStore(root: string, name = 'directory'): Store {
  return {
    name,
    async find(request) {
      const directory = join(root, layoutOf(request));
      try {
        const sums = parseSums(await readFile(join(directory, 'SHA256SUMS'), 'utf8'));
        return { source: name, directory, sums };
      } catch (error) {
        if (isMissing(error)) return await absent(directory);
        throw error;
      }
    },
  };
}

async function absent(directory: string): Promise<Unavailable> {
  if ((await names(directory)).length > 0) return { unavailable: `${directory} has no SHA256SUMS` };
  const others = (await names(dirname(directory))).filter((name) => name.startsWith('linux-'));
  if (others.length === 0) return { unavailable: `there is no ${directory}` };
  return { unavailable: `${dirname(directory)} has ${others.join(', ')} only`, otherArchitecture: true };
}

async function names(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
