import type { KeyObject } from 'node:crypto';

import { messageOf } from '../../errors/k8sup-error.ts';
import { type AlternativeNames, decodeNames, noNames } from '../der/alternative-names.ts';
import { decodeBasicConstraints, type Extension, extensionOids } from '../der/extensions.ts';
import { type Attribute, attributeOids, valuesOf } from '../der/name.ts';
import { bitNumbers, decode, DerError, members, readOid } from '../der/read.ts';
import { decodeRequest } from './decode.ts';

/** What a certificate request asks for. */
export interface ParsedCsr extends AlternativeNames {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Attributes of the subject that are neither CN nor O. */
  readonly otherSubject: readonly Attribute[];
  /** Bit numbers of the keyUsage extension; undefined where none is asked for. */
  readonly keyUsage: readonly number[] | undefined;
  /** Object identifiers of the extended key usages asked for. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Whether it asks to be an authority. */
  readonly isCa: boolean;
  /** Object identifiers of every extension asked for. */
  readonly extensions: readonly string[];
  /** Of these, the ones that are not understood. */
  readonly unknownExtensions: readonly string[];
  /** Attributes of the request other than the one that carries extensions. */
  readonly unknownAttributes: readonly string[];
  readonly publicKey: KeyObject;
}

export type CsrResult =
  { readonly ok: true; readonly csr: ParsedCsr } | { readonly ok: false; readonly reason: string };

/** Kubelets' requests have less than 1 KiB; RSA 8192 with many names stays below this. */
const maxCharacters = 16_384;

/**
 * Reads a PKCS#10 request strictly: exactly one PEM block, DER in its canonical form, nothing twice, no name of an unknown kind, no control
 * characters, and signed by its own key. Anything else is a reason; it never throws.
 */
export function parseCsr(pem: string): CsrResult {
  try {
    return { ok: true, csr: parseDer(requestDer(pem)) };
  } catch (error) {
    return { ok: false, reason: printable(messageOf(error)) };
  }
}

/** Text from a request or an API object, safe for a terminal and not too long. */
export function printable(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function requestDer(pem: string): Buffer {
  if (pem.length > maxCharacters) throw new DerError('the request is too big');
  const form = /^-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE REQUEST-----\s*$/;
  const body = form.exec(pem)?.[1]?.replace(/[\r\n]/g, '');
  if (body === undefined) throw new DerError('it is not exactly one PEM block CERTIFICATE REQUEST');
  const der = Buffer.from(body, 'base64');
  if (der.toString('base64') !== body) throw new DerError('its base64 is malformed');
  return der;
}

function parseDer(der: Buffer): ParsedCsr {
  const { subject, publicKey, extensions, unknownAttributes } = decodeRequest(der);
  return { ...readSubject(subject), ...readExtensions(extensions), unknownAttributes, publicKey };
}

function readSubject(
  attributes: readonly Attribute[],
): Pick<ParsedCsr, 'commonName' | 'organizations' | 'otherSubject'> {
  const [commonName, ...more] = valuesOf(attributes, attributeOids.commonName);
  if (commonName === undefined) throw new DerError('the subject has no CN');
  if (more.length > 0) throw new DerError('the subject has more than one CN');
  for (const { value } of attributes) refuseOddCharacters(value, 'the subject');
  const known: readonly string[] = [attributeOids.commonName, attributeOids.organization];
  return {
    commonName,
    organizations: valuesOf(attributes, attributeOids.organization),
    otherSubject: attributes.filter(({ oid }) => !known.includes(oid)),
  };
}

type RequestedExtensions = Omit<
  ParsedCsr,
  'commonName' | 'organizations' | 'otherSubject' | 'unknownAttributes' | 'publicKey'
>;

function readExtensions(extensions: readonly Extension[]): RequestedExtensions {
  const value = (oid: string): Buffer | undefined => extensions.find((extension) => extension.oid === oid)?.value;
  const ids = extensionOids;
  const known: readonly string[] = [ids.alternativeNames, ids.keyUsage, ids.extendedKeyUsage, ids.basicConstraints];
  const [names, keyUsage, extended, constraints] = known.map(value);
  const oids = extensions.map((extension) => extension.oid);
  return {
    ...(names ? readNames(names) : noNames),
    keyUsage: keyUsage && bitNumbers(decode(keyUsage), 'keyUsage'),
    extendedKeyUsage: extended && readUsages(extended),
    isCa: constraints !== undefined && decodeBasicConstraints(constraints) !== undefined,
    extensions: oids,
    unknownExtensions: oids.filter((oid) => !known.includes(oid)),
  };
}

function readUsages(value: Buffer): readonly string[] {
  return members(decode(value), 'sequence', 'extKeyUsage').map((node) => readOid(node, 'an extended key usage'));
}

function readNames(value: Buffer): AlternativeNames {
  const names = decodeNames(decode(value));
  for (const name of [...names.dnsNames, ...names.emails, ...names.uris]) {
    if (name === '') throw new DerError('an alternative name is empty');
    refuseOddCharacters(name, 'an alternative name');
  }
  return names;
}

/** Control, format, unassigned and private characters, and separators of lines: nothing a name needs. */
function refuseOddCharacters(text: string, where: string): void {
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) throw new DerError(`${where} has control characters`);
}
