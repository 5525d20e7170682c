import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { ensureAuthorities, importSigned, offlineLeaves, openStore } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { readInput } from '../pki/input.ts';
import { runCommand } from '../run.ts';

export interface ImportSignedRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** A folder with certificates. */
  readonly dir: string;
}

/** `k8sup certs import`: reads back what was signed elsewhere. */
export function importSignedCertificates({ inventory, flags, dir }: ImportSignedRequest, io: Io): Promise<number> {
  return runCommand({ command: 'certs import', inventory, flags, writes: true }, io, async (run) => {
    const files = await Promise.all((await certificateFiles(dir)).map((path) => readInput(path, io)));
    const store = await openStore(run.paths.pki, run.storeKey);
    // One that is kept elsewhere is in the store; what else is missing is made by an apply, which this may never come to.
    const authorities = await ensureAuthorities(store, run.inventory, { dryRun: true });
    const wanted = await offlineLeaves(run.inventory, authorities);
    const { taken, waiting } = await importSigned(store, wanted, { files, now: new Date() });
    run.emit({ type: 'note', text: taken.length === 0 ? 'nothing new is there' : `taken: ${taken.join(', ')}` });
    if (waiting.length > 0) run.emit({ type: 'warning', text: `still waiting to be signed: ${waiting.join(', ')}` });
    else run.emit({ type: 'note', text: 'k8sup apply  brings them to the hosts' });
    return exitCodes.ok;
  });
}

/** @throws K8supError `PKI_FILE`. */
async function certificateFiles(dir: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => /\.(pem|crt|cer)$/.test(name) && !name.endsWith('-key.pem'));
    if (names.length > 0) return names.sort().map((name) => join(dir, name));
  } catch (error) {
    throw noFiles(dir, messageOf(error));
  }
  throw noFiles(dir, 'it holds no file that ends in .pem, .crt or .cer');
}

function noFiles(dir: string, why: string): K8supError {
  return new K8supError({
    code: 'PKI_FILE',
    kind: 'usage',
    what: `no certificates can be read from ${dir}`,
    why,
    fix: 'name the folder with the certificates that were signed',
  });
}
