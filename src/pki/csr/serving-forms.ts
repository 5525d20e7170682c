import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import { encodeNames, noNames } from '../der/alternative-names.ts';
import { encodeExtensions, extensionOids } from '../der/extensions.ts';
import { encodeName } from '../der/name.ts';
import { bits, encode, oid, sequence, setOf, smallInteger, tagged } from '../der/write.ts';
import { extensionRequestOid } from '../request.ts';
import type { CsrHost } from './judge.ts';

/**
 * The bytes of a request for a serving certificate, in lower-case hex, around the two places where requests of one kubelet differ: `before`, then the 64
 * bytes of a P-256 point, then `after`, then the signature. What encloses them, the outer SEQUENCE, depends on the signature's length.
 */
export interface ServingForm {
  readonly before: string;
  readonly after: string;
}

/** Stands where the point is; no name can hold such bytes. */
const point = Buffer.alloc(64, 0xaa);
const ecPublicKey = '1.2.840.10045.2.1';
const prime256v1 = '1.2.840.10045.3.1.7';
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/**
 * Every request that the kubelet of this host makes for a serving certificate, one for each choice of its names and addresses that is not empty: Go writes
 * a request of the same content always in the same bytes, with DNS names sorted, then addresses sorted by their text (kubelet,
 * `addressesToHostnamesAndIPs`; crypto/x509, `CreateCertificateRequest`). All of them are such that `judgeCsr` approves them.
 */
export function servingForms({ name, addresses }: Pick<CsrHost, 'name' | 'addresses'>): readonly ServingForm[] {
  return choices([...new Set([name, ...addresses])]).map((names) => formOf(name, names));
}

function formOf(name: string, names: readonly string[]): ServingForm {
  const info = encode(
    sequence(
      smallInteger(0),
      encodeName({ organization: ['system:nodes'], commonName: `system:node:${name}` }),
      sequence(sequence(oid(ecPublicKey), oid(prime256v1)), bits(Buffer.concat([Buffer.from([4]), point]))),
      tagged(0, sequence(oid(extensionRequestOid), setOf(encodeExtensions([alternativeNames(names)])))),
    ),
  );
  const at = info.indexOf(point);
  const algorithm = encode(sequence(oid(ecdsaWithSha256)));
  return {
    before: info.subarray(0, at).toString('hex'),
    after: Buffer.concat([info.subarray(at + point.length), algorithm]).toString('hex'),
  };
}

function alternativeNames(names: readonly string[]) {
  const ipAddresses = names
    .filter((name) => isIP(name) !== 0)
    .map((ip) => ipaddr.parse(ip).toString())
    .sort();
  const dnsNames = names.filter((name) => isIP(name) === 0).sort();
  const value = encode(encodeNames({ ...noNames, dnsNames, ipAddresses }));
  return { oid: extensionOids.alternativeNames, critical: false, value };
}

/** Every part of the list that is not empty. */
function choices(list: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = list;
  if (first === undefined) return [];
  const others = choices(rest);
  return [[first], ...others.map((some) => [first, ...some]), ...others];
}
