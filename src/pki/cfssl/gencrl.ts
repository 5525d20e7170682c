import { createRevocationList } from '../crl.ts';
import { readIssuer } from '../issuer.ts';
import { pkiError } from '../pki-error.ts';
import type { JsonSource } from './source.ts';

/** What `cfssl gencrl` takes. */
export interface GencrlOptions {
  /** Serial numbers, decimal, one a line. */
  readonly serials: JsonSource;
  readonly ca: string;
  readonly caKey: string;
  /** Seconds until the next list is due; zero or left out: a week. */
  readonly seconds?: number | undefined;
  /** Injected by tests. */
  readonly now?: Date;
}

const weekSeconds = 604_800;

/** A list of revoked certificates: base64 of its DER. @throws K8supError `PKI_REQUEST`, `PKI_CA`, `PKI_KEY`, `PKI_CERTIFICATE`. */
export async function gencrl(options: GencrlOptions): Promise<string> {
  const issuer = readIssuer(options.ca, options.caKey, 'the authority');
  const now = options.now ?? new Date();
  const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + (options.seconds || weekSeconds) * 1000);
  const list = { serials: serialsOf(options.serials), thisUpdate, nextUpdate };
  return (await createRevocationList(list, issuer)).toString('base64');
}

function serialsOf({ name, text }: JsonSource): readonly bigint[] {
  return text.split('\n').flatMap((line, index) => {
    const serial = line.trim();
    if (serial === '') return [];
    if (/^\d{1,49}$/.test(serial)) return [BigInt(serial)];
    throw pkiError('PKI_REQUEST', `${name}:${index + 1}:1: ${JSON.stringify(serial)} is no serial number`, {
      why: 'a serial number is decimal, as certinfo prints it, and has at most 20 bytes',
      fix: 'write one number a line',
    });
  });
}
