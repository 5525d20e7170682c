import { encodeExtensions, type Extension, extensionOids } from './der/extensions.ts';
import { decode } from './der/read.ts';
import { bits, encode, implicit, integer, sequence, smallInteger, tagged, time, type Node } from './der/write.ts';
import type { Issuer } from './issue.ts';
import { keyIdOf } from './keys.ts';
import { pkiError } from './pki-error.ts';
import { algorithmFor, encodeAlgorithm, signBytes } from './signature.ts';

/** What a list of revoked certificates says. */
export interface RevocationList {
  /** Serial numbers of what is revoked, all as of `thisUpdate`. */
  readonly serials: readonly bigint[];
  readonly thisUpdate: Date;
  /** By when readers want a newer one. */
  readonly nextUpdate: Date;
}

/**
 * DER of a revocation list (RFC 5280, 5), version 2. Its number, which must grow from list to list, is its time in seconds.
 *
 * @throws K8supError `PKI_CA` where the issuer is no authority.
 */
export async function createRevocationList(list: RevocationList, { certificate, key }: Issuer): Promise<Buffer> {
  if (!certificate.ca) {
    throw pkiError('PKI_CA', 'the certificate given as authority is none', {
      why: 'its basicConstraints do not say CA:TRUE, so no reader believes its list',
      fix: 'give the certificate of the authority that signed what is to be revoked',
    });
  }
  const { serials, thisUpdate, nextUpdate } = list;
  const algorithm = algorithmFor(key);
  const revoked = serials.map((serial) => sequence(integerOf(serial), time(thisUpdate)));
  const keyId = certificate.subjectKeyId ?? keyIdOf(certificate.publicKey);
  const extensions: readonly Extension[] = [
    { oid: extensionOids.authorityKeyId, critical: false, value: encode(sequence(implicit(0, keyId))) },
    { oid: extensionOids.crlNumber, critical: false, value: encode(integerOf(seconds(thisUpdate))) },
  ];
  const tbs = sequence(
    smallInteger(1),
    encodeAlgorithm(algorithm),
    decode(certificate.subjectDer),
    time(thisUpdate),
    time(nextUpdate),
    ...(revoked.length > 0 ? [sequence(...revoked)] : []),
    tagged(0, encodeExtensions(extensions)),
  );
  const signature = await signBytes(algorithm, encode(tbs), key);
  return encode(sequence(tbs, encodeAlgorithm(algorithm), bits(signature)));
}

function seconds(date: Date): bigint {
  return BigInt(Math.floor(date.getTime() / 1000));
}

/** Not below zero; two's complement wants a first bit that is not set. */
function integerOf(value: bigint): Node {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return integer((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}
