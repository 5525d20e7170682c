import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../errors/k8sup-error.ts';
import {
  askedFor,
  howToSign,
  openClusterPki,
  openStore,
  requestFiles,
  requestsFolder,
  writeRequests,
} from '../../pki/index.ts';
import type { Io } from '../io.ts';
import { writingNamed } from '../named-file.ts';
import type { RunFlags } from '../options.ts';
import { runCommand } from '../run.ts';

export interface RequestsRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Another folder for the requests, beside that of the store. */
  readonly out: string | undefined;
}

/** `k8sup certs requests`: requests for what an authority must sign whose key is kept elsewhere. Reaches no host. */
export function requests({ inventory, flags, out }: RequestsRequest, io: Io): Promise<number> {
  return runCommand({ command: 'certs requests', inventory, flags, writes: true }, io, async (run) => {
    const { leaves } = await openClusterPki(run.paths.pki, run.inventory, { dryRun: true, key: run.storeKey });
    const store = await openStore(run.paths.pki, run.storeKey);
    const waiting = await askedFor(store, leaves);
    const written = await writeRequests(
      store,
      waiting.map(({ wanted }) => wanted),
    );
    if (written.length === 0) {
      run.emit({ type: 'note', text: 'no certificate waits to be signed elsewhere' });
      return exitCodes.ok;
    }
    if (out !== undefined) await writeOut(out, requestFiles(written));
    const dir = out ?? store.path(requestsFolder);
    run.emit({ type: 'note', text: `${String(written.length)} requests wait: ${howToSign(dir)}, then  k8sup apply` });
    return exitCodes.ok;
  });
}

async function writeOut(
  dir: string,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  await writingNamed(dir, async () => {
    await mkdir(dir, { recursive: true });
    for (const { name, text } of files) await writeFile(join(dir, name), text);
  });
}
