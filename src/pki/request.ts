import { createPublicKey, type KeyObject } from 'node:crypto';

import { type AlternativeNames, encodeNames, isEmpty } from './der/alternative-names.ts';
import { type CaConstraint, encodeExtensions, type Extension, extensionOids } from './der/extensions.ts';
import { type DistinguishedName, encodeName } from './der/name.ts';
import { decode } from './der/read.ts';
import { bits, encode, oid, sequence, setOf, smallInteger, tagged, yes } from './der/write.ts';
import { spkiOf } from './keys.ts';
import { toPem } from './pem.ts';
import { algorithmFor, encodeAlgorithm, signBytes } from './signature.ts';

/** Attribute that carries extensions in a request (RFC 2985, 5.4.2). */
export const extensionRequestOid = '1.2.840.113549.1.9.14';

export interface RequestContent {
  readonly subject: DistinguishedName;
  readonly names: AlternativeNames;
  readonly ca?: CaConstraint;
  readonly more?: readonly Extension[];
}

/** A PKCS#10 request as PEM, signed by the key it is for. */
export async function createRequest(content: RequestContent, key: KeyObject): Promise<string> {
  const extensions = requestedExtensions(content);
  const attribute = sequence(oid(extensionRequestOid), setOf(encodeExtensions(extensions)));
  const info = sequence(
    smallInteger(0),
    encodeName(content.subject),
    decode(spkiOf(createPublicKey(key))),
    tagged(0, ...(extensions.length > 0 ? [attribute] : [])),
  );
  const algorithm = algorithmFor(key);
  const signature = await signBytes(algorithm, encode(info), key);
  return toPem('CERTIFICATE REQUEST', encode(sequence(info, encodeAlgorithm(algorithm), bits(signature))));
}

/** The extensions that a request for this asks for, in the order in which Go writes them. */
export function requestedExtensions({ names, ca, more = [] }: RequestContent): readonly Extension[] {
  const extensions: Extension[] = [];
  if (!isEmpty(names)) {
    extensions.push({ oid: extensionOids.alternativeNames, critical: false, value: encode(encodeNames(names)) });
  }
  if (ca) {
    const limit = ca.pathLength === undefined ? [] : [smallInteger(ca.pathLength)];
    extensions.push({ oid: extensionOids.basicConstraints, critical: true, value: encode(sequence(yes(), ...limit)) });
  }
  return [...extensions, ...more];
}
