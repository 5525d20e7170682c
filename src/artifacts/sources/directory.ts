import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSums } from '../checksums.ts';
import { isMissing, readIfThere } from '../file-hash.ts';
import type { ComponentRequest, Store, Unavailable } from '../source.ts';
import { layoutOf } from '../source.ts';

/**
 * A folder laid out as `<component>/<version>/linux-<architecture>/<file>` with a `SHA256SUMS` in each; it is only read. What is for any platform may
 * also lie as people keep it, in `<component>/v<version>/<file>`, and its sums in one `SHA256SUMS` of the whole folder.
 */
export function directoryStore(root: string, name = 'directory'): Store {
  return {
    name,
    async find(request) {
      const directory = join(root, layoutOf(request));
      try {
        const sums = parseSums(await readFile(join(directory, 'SHA256SUMS'), 'utf8'));
        return { source: name, directory, sums };
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      const plain = request.architecture === 'noarch' ? await plainFolder(root, request) : undefined;
      return plain === undefined ? await absent(directory) : { source: name, ...plain };
    },
  };
}

async function plainFolder(root: string, { component, version }: ComponentRequest) {
  const all = parseSums(await readIfThere(join(root, 'SHA256SUMS')));
  for (const folder of [`${component}/v${version}`, `${component}/${version}`]) {
    const own = parseSums(await readIfThere(join(root, folder, 'SHA256SUMS')));
    const ofRoot = [...all].filter(([path]) => path.startsWith(`${folder}/`));
    const sums = new Map([...ofRoot.map(([path, sum]) => [path.slice(folder.length + 1), sum] as const), ...own]);
    if (sums.size > 0) return { directory: join(root, folder), sums };
  }
  return undefined;
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
