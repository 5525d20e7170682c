import { K8supError } from '../../errors/k8sup-error.ts';
import { authorityWithKey, gencert, genkey, renewAuthority, selfsign, sign } from '../../pki/index.ts';
import type { JsonSource } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import { answer } from './answer.ts';
import type { AnswerFlags } from './answer.ts';
import { readInput, readOptional } from './input.ts';

/** Flags of what an authority signs. */
export interface SigningFlags extends AnswerFlags {
  readonly ca?: string | undefined;
  readonly caKey?: string | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  readonly hostname?: string | undefined;
}

export interface GencertFlags extends SigningFlags {
  readonly initca?: true | undefined;
  readonly renewca?: true | undefined;
  readonly cn?: string | undefined;
}

/** `k8sup pki gencert`. */
export function gencertCommand(file: string | undefined, flags: GencertFlags, io: Io): Promise<number> {
  const hasKey = flags.renewca === true || (flags.initca === true && textOf(flags.caKey) !== undefined);
  return answer({ ...flags, makesKey: !hasKey }, io, async () => {
    if (flags.renewca === true) {
      const { ca, caKey } = await authority(flags, io);
      return renewAuthority(ca, caKey, new Date());
    }
    const csr = await readInput(needed(file, 'the request (a JSON file, or -)'), io);
    if (flags.initca === true) refuseHostname(flags.hostname);
    const request = { csr, commonName: textOf(flags.cn), hostnames: hostsOf(flags.hostname) };
    if (flags.initca !== true) return gencert({ ...request, ...(await signing(flags, io)) });
    const key = await readOptional(flags.caKey, io);
    return key ? authorityWithKey({ ...request, caKey: key.text }) : gencert({ ...request, initCa: true });
  });
}

/** `k8sup pki genkey`. */
export function genkeyCommand(
  file: string,
  flags: Pick<GencertFlags, 'initca' | 'bare' | 'force'>,
  io: Io,
): Promise<number> {
  return answer({ ...flags, makesKey: true }, io, async () => {
    const csr = await readInput(file, io);
    return flags.initca === true ? gencert({ csr, initCa: true }) : genkey({ csr });
  });
}

/** `k8sup pki sign`. */
export function signCommand(
  files: { readonly csr: string | undefined; readonly subject: string | undefined },
  flags: SigningFlags & { readonly csr?: string | undefined },
  io: Io,
): Promise<number> {
  // With -csr the first word is the subject already.
  const [csr, subject] = flags.csr === undefined ? [files.csr, files.subject] : [flags.csr, files.csr];
  return answer({ ...flags, makesKey: false }, io, async () =>
    sign({
      csr: await readInput(needed(csr, 'the request (a PEM file, or -)'), io),
      subject: await readOptional(subject, io),
      hostnames: hostsOf(flags.hostname),
      ...(await signing(flags, io)),
    }),
  );
}

/** `k8sup pki selfsign`. */
export function selfsignCommand(
  files: { readonly hostname: string; readonly csr: string | undefined },
  flags: SigningFlags,
  io: Io,
): Promise<number> {
  const [hostname, csr] = flags.hostname === undefined ? [files.hostname, files.csr] : [flags.hostname, files.hostname];
  io.err.write('a self-signed certificate is for trying things out: nobody can renew or revoke it\n');
  return answer({ ...flags, makesKey: true }, io, async () =>
    selfsign({
      csr: await readInput(needed(csr, 'the request (a JSON file, or -)'), io),
      hostnames: hostsOf(hostname),
      config: await readOptional(flags.config, io),
      profile: textOf(flags.profile),
    }),
  );
}

async function signing(flags: SigningFlags, io: Io) {
  return {
    ...(await authority(flags, io)),
    config: await readOptional(flags.config, io),
    profile: textOf(flags.profile),
  };
}

async function authority(flags: SigningFlags, io: Io): Promise<{ readonly ca: string; readonly caKey: string }> {
  const [ca, caKey] = [textOf(flags.ca), textOf(flags.caKey)];
  if (ca !== undefined && caKey !== undefined) {
    const read = async (name: string): Promise<JsonSource> => readInput(name, io);
    return { ca: (await read(ca)).text, caKey: (await read(caKey)).text };
  }
  throw new K8supError({
    code: 'PKI_NO_CA',
    kind: 'usage',
    what: 'no authority is named to sign the certificate',
    fix: 'give -ca and -ca-key, or -initca to make a new authority',
  });
}

/** cfssl leaves it out silently. */
function refuseHostname(hostname: string | undefined): void {
  if (textOf(hostname) === undefined) return;
  throw new K8supError({
    code: 'PKI_FLAG',
    kind: 'usage',
    what: '-hostname is not for a new authority',
    why: 'nobody connects to an authority; its request may have addresses in "hosts"',
    fix: 'leave it out',
  });
}

function needed(file: string | undefined, what: string): string {
  if (file !== undefined) return file;
  throw new K8supError({ code: 'PKI_NO_REQUEST', kind: 'usage', what: `${what} is not named`, fix: 'see --help' });
}

/** An empty value is as none, as in cfssl. */
function textOf(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function hostsOf(list: string | undefined): readonly string[] | undefined {
  const hosts = (list ?? '').split(',').map((host) => host.trim());
  return hosts.every((host) => host === '') ? undefined : hosts.filter((host) => host !== '');
}
