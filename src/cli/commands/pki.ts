import { readFile } from 'node:fs/promises';
import { certInfo, gencert } from '../../pki/index.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

export interface GencertFlags {
  readonly csr: string;
  readonly initca?: true | undefined;
  readonly ca?: string | undefined;
  readonly caKey?: string | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  readonly hostname?: string | undefined;
}

/** `k8sup pki gencert`: CFSSL's JSON on standard output. */
export async function gencertCommand(flags: GencertFlags, io: Io): Promise<number> {
  const csr = { text: await readFile(flags.csr, 'utf8'), name: flags.csr };
  const result = await gencert(flags.initca === true ? { initCa: true, csr } : { csr, ...(await signing(flags)) });
  say(io, JSON.stringify(result, undefined, 2));
  return 0;
}

/** `k8sup pki certinfo`. */
export async function certinfoCommand(file: string, io: Io): Promise<number> {
  say(io, JSON.stringify(certInfo(await readFile(file, 'utf8'), file), undefined, 2));
  return 0;
}

async function signing(flags: GencertFlags) {
  if (flags.ca === undefined || flags.caKey === undefined) {
    throw new K8supError({
      code: 'PKI_NO_CA',
      kind: 'usage',
      what: 'no authority is named to sign the certificate',
      fix: 'give --ca and --ca-key, or --initca to make a new authority',
    });
  }
  return {
    ca: await readFile(flags.ca, 'utf8'),
    caKey: await readFile(flags.caKey, 'utf8'),
    ...(flags.config === undefined
      ? {}
      : { config: { text: await readFile(flags.config, 'utf8'), name: flags.config } }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.hostname === undefined ? {} : { hostnames: flags.hostname.split(',').map((name) => name.trim()) }),
  };
}
