import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { messageOf } from '../errors/k8sup-error.ts';
import { type CaConfig, readCaConfig } from './cfssl/config.ts';
import { type CsrRequest, readCsrRequest } from './cfssl/csr-request.ts';
import type { JsonSource } from './cfssl/source.ts';
import { pkiError } from './pki-error.ts';

/** The profiles and requests of the `pki` folder. */
export interface PkiFiles {
  readonly config: CaConfig;
  /** Requests by name: `admin` is read from `admin-csr.json`. */
  readonly requests: ReadonlyMap<string, CsrRequest>;
}

/**
 * Reads `ca-config.json` and the requests of these names.
 *
 * @param directory - the package's own `pki` folder where left out.
 * @throws K8supError `PKI_CONFIG`, `PKI_REQUEST`.
 */
export async function readPkiFiles(names: readonly string[], directory?: string): Promise<PkiFiles> {
  const folder = directory ?? (await packageFolder());
  const config = readCaConfig(await source(join(folder, 'ca-config.json')));
  const requests = await Promise.all(
    names.map(async (name) => [name, readCsrRequest(await source(join(folder, `${name}-csr.json`)))] as const),
  );
  return { config, requests: new Map(requests) };
}

/** The request of this name. */
export function requestOf(files: PkiFiles, name: string): CsrRequest {
  const request = files.requests.get(name);
  if (!request) throw new Error(`request ${name} was not read`);
  return request;
}

async function source(path: string): Promise<JsonSource> {
  try {
    return { name: path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw pkiError('PKI_CONFIG', `${path} cannot be read`, {
      why: messageOf(error),
      fix: 'install k8sup again: the file is part of it',
      cause: error,
    });
  }
}

/** Sources and compiled files lie at different depths below the package, so the folder is looked for upwards. */
async function packageFolder(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'pki');
    if (await exists(join(candidate, 'ca-config.json'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the pki folder of the package is missing');
    folder = parent;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
