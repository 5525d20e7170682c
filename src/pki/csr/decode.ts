import { createPublicKey, type KeyObject } from 'node:crypto';

import { decodeExtensions, type Extension } from '../der/extensions.ts';
import { type Attribute, decodeName } from '../der/name.ts';
import { content, decode, DerError, isTagged, members, readOid, taggedMembers, wholeBytes } from '../der/read.ts';
import { encode, type Node } from '../der/write.ts';
import { keySpecOf } from '../keys.ts';
import { extensionRequestOid } from '../request.ts';
import { decodeAlgorithm, verifyBytes } from '../signature.ts';

/** A PKCS#10 request whose form and signature are right; whether what it asks for is good is for others to judge. */
export interface DecodedRequest {
  readonly subject: readonly Attribute[];
  readonly publicKey: KeyObject;
  /** Every extension asked for, none twice. */
  readonly extensions: readonly Extension[];
  /** Attributes of the request other than the one that carries extensions. */
  readonly unknownAttributes: readonly string[];
}

/** @throws DerError unless it is DER, every part in its place, nothing twice, signed by its own key of a supported kind. */
export function decodeRequest(der: Buffer): DecodedRequest {
  const parts = members(decode(der), 'sequence', 'the request');
  const info = members(parts[0], 'sequence', 'the request information');
  if (parts.length !== 3 || info.length !== 4) throw new DerError('the request has too many or too few parts');
  const [version, subject, spki, attributes] = info;
  if (!content(version, 'integer', 'the version').equals(Buffer.from([0]))) throw new DerError('its version is not 1');
  const publicKey = readPublicKey(spki);
  checkSignature(parts, publicKey);
  return { ...readAttributes(attributes), subject: decodeName(subject), publicKey };
}

function readPublicKey(spki: Node | undefined): KeyObject {
  if (!spki) throw new DerError('there is no public key');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: encode(spki), format: 'der', type: 'spki' });
  } catch {
    throw new DerError('its public key cannot be read');
  }
  const spec = keySpecOf(key, 'the public key');
  if (spec.algo === 'rsa' && (spec.size < 2048 || spec.size > 8192)) {
    throw new DerError(`an RSA key of ${spec.size} bits is not accepted`);
  }
  return key;
}

function checkSignature([info, algorithmNode, bits]: readonly Node[], publicKey: KeyObject): void {
  const algorithm = decodeAlgorithm(algorithmNode);
  if (!algorithm || !info) throw new DerError('its signature algorithm is not accepted');
  const signature = wholeBytes(bits, 'the signature');
  if (!verifyBytes(algorithm, encode(info), { publicKey, signature })) {
    throw new DerError('its signature is not made by the key it asks for');
  }
}

function readAttributes(node: Node | undefined): {
  readonly extensions: readonly Extension[];
  readonly unknownAttributes: readonly string[];
} {
  if (!isTagged(node, 0, true)) throw new DerError('its attributes are malformed');
  const attributes = taggedMembers(node).map((attribute) => {
    const [type, values, ...rest] = members(attribute, 'sequence', 'an attribute');
    if (rest.length > 0) throw new DerError('an attribute has too many parts');
    return { oid: readOid(type, "an attribute's type"), values: members(values, 'set', "an attribute's value") };
  });
  const oids = attributes.map((attribute) => attribute.oid);
  if (new Set(oids).size !== oids.length) throw new DerError('an attribute comes twice');
  const request = attributes.find(({ oid }) => oid === extensionRequestOid);
  if (request && request.values.length !== 1) throw new DerError('it asks for extensions more than once');
  return {
    extensions: request ? decodeExtensions(request.values[0]) : [],
    unknownAttributes: oids.filter((oid) => oid !== extensionRequestOid),
  };
}
