import { K8supError } from '../../errors/k8sup-error.ts';
import { bundle, certificateOf, certInfo, csrInfo, defaultFiles, gencrl } from '../../pki/index.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { readInput, readOptional } from './input.ts';

export interface CertinfoFlags {
  readonly cert?: string | undefined;
  readonly csr?: string | undefined;
  readonly domain?: string | undefined;
}

/** `k8sup pki certinfo`: JSON as cfssl prints it. */
export async function certinfoCommand(file: string | undefined, flags: CertinfoFlags, io: Io): Promise<number> {
  say(io, JSON.stringify(await information({ ...flags, cert: flags.cert ?? file }, io), undefined, 2));
  return 0;
}

async function information({ cert, csr, domain }: CertinfoFlags, io: Io): Promise<object> {
  if (cert !== undefined) {
    const { name, text } = await readInput(cert, io);
    return certInfo(text, name);
  }
  if (csr !== undefined) return csrInfo(await readInput(csr, io));
  if (domain !== undefined) {
    using interrupt = listenForInterrupt(() => undefined);
    return certInfo(await certificateOf(domain, interrupt.signal), domain);
  }
  throw new K8supError({
    code: 'PKI_NO_TARGET',
    kind: 'usage',
    what: 'it is not said what to tell about',
    fix: 'give -cert FILE, -csr FILE or -domain HOST',
  });
}

/** `k8sup pki print-defaults`. */
export function printDefaultsCommand(type: keyof typeof defaultFiles | 'list', io: Io): number {
  if (type === 'list')
    say(io, `Default configurations are available for:\n\t${Object.keys(defaultFiles).join('\n\t')}`);
  else say(io, `${JSON.stringify(defaultFiles[type], undefined, 4)}\n`);
  return 0;
}

/** `k8sup pki gencrl`: base64 of the list, as cfssl prints it. */
export async function gencrlCommand(
  files: { readonly serials: string; readonly authority: string; readonly key: string },
  seconds: number | undefined,
  io: Io,
): Promise<number> {
  const serials = await readInput(files.serials, io);
  const ca = (await readInput(files.authority, io)).text;
  const caKey = (await readInput(files.key, io)).text;
  say(io, await gencrl({ serials, ca, caKey, seconds }));
  return 0;
}

export interface BundleFlags {
  readonly cert: string;
  readonly key?: string | undefined;
  readonly caBundle?: string | undefined;
  readonly intBundle?: string | undefined;
  readonly flavor: 'optimal' | 'ubiquitous' | 'force';
}

/** `k8sup pki bundle`. */
export async function bundleCommand(flags: BundleFlags, io: Io): Promise<number> {
  const roots = await readOptional(flags.caBundle, io);
  if (roots === undefined && flags.flavor !== 'force') {
    throw new K8supError({
      code: 'PKI_NO_CA',
      kind: 'usage',
      what: 'no roots are named that are trusted',
      fix: 'give -ca-bundle FILE, or -flavor force to take the chain as it stands in the file',
    });
  }
  const result = bundle({
    cert: await readInput(flags.cert, io),
    key: await readOptional(flags.key, io),
    roots,
    intermediates: await readOptional(flags.intBundle, io),
    flavor: flags.flavor,
  });
  say(io, JSON.stringify(result, Object.keys(result).concat(statusKeys).sort()));
  return 0;
}

const statusKeys = ['rebundled', 'expiring_SKIs', 'untrusted_root_stores', 'messages', 'code'];
