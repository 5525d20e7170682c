import { stat } from 'node:fs/promises';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { BroughtAuthority } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import { readInput, readOptional } from '../pki/input.ts';

/** Flags that name an authority made elsewhere. */
export interface BroughtFlags {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly chain?: string | undefined;
  readonly offline?: true | undefined;
}

/**
 * Reads what the flags name.
 *
 * @throws K8supError `IMPORT_KEY` where it is not said where the key is, `PKI_FILE`.
 */
export async function readBrought(
  { cert, key, chain, offline }: BroughtFlags & { readonly cert: string },
  io: Io,
): Promise<BroughtAuthority> {
  if ((key === undefined) === (offline !== true)) {
    throw new K8supError({
      code: 'IMPORT_KEY',
      kind: 'usage',
      what: key === undefined ? 'it is not said where the key of the authority is' : '--offline goes without --key',
      fix: 'give its key by --key FILE, or say --offline where the key stays elsewhere and requests are carried there',
    });
  }
  return {
    cert: await readInput(cert, io),
    key: key === undefined ? undefined : { ...(await readInput(key, io)), ...(await modeOf(key)) },
    chain: await readOptional(chain, io),
  };
}

/** Standard input has none that matters. */
async function modeOf(path: string): Promise<{ readonly mode?: number }> {
  return path === '-' ? {} : { mode: (await stat(path.replace(/^file:/, ''))).mode };
}
