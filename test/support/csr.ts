import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

import forge from 'node-forge';

import type { CsrJson } from '../../src/kube/csr.ts';
import { encodeNames, namesOf } from '../../src/pki/der/alternative-names.ts';
import { encodeExtensions, type Extension } from '../../src/pki/der/extensions.ts';
import { encodeName } from '../../src/pki/der/name.ts';
import { decode } from '../../src/pki/der/read.ts';
import type { CsrObject } from '../../src/pki/index.ts';
import * as der from '../../src/pki/der/write.ts';
import type { Node } from '../../src/pki/der/write.ts';
import { generateKey, type KeySpec, spkiOf } from '../../src/pki/keys.ts';
import { toPem } from '../../src/pki/pem.ts';
import { algorithmFor, encodeAlgorithm } from '../../src/pki/signature.ts';

export { der };

export const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  unit: '2.5.4.11',
  extensionRequest: '1.2.840.113549.1.9.14',
  names: '2.5.29.17',
  keyUsage: '2.5.29.15',
  constraints: '2.5.29.19',
} as const;

/** Every part of a request can be replaced, so that each can be wrong on its own. */
export interface Parts {
  readonly key?: KeyObject;
  readonly version?: Node;
  readonly subject?: Node;
  readonly spki?: Node;
  readonly attributes?: readonly Node[];
  readonly algorithm?: Node;
  /** Changes the signature. */
  readonly spoil?: (signature: Buffer) => Buffer;
}

export const nodeKey = await generateKey({ algo: 'ecdsa', size: 256 });

/** A request's DER, by default what node1's kubelet asks for as a client. */
export function requestDer(parts: Parts = {}): Buffer {
  const key = parts.key ?? nodeKey;
  const info = der.sequence(
    parts.version ?? der.smallInteger(0),
    parts.subject ?? subject(['O', 'system:nodes'], ['CN', 'system:node:node1']),
    parts.spki ?? decode(spkiOf(createPublicKey(key))),
    der.tagged(0, ...(parts.attributes ?? [])),
  );
  const algorithm = algorithmFor(key);
  const signature = sign(algorithm.digest, der.encode(info), key);
  const bits = der.bits(parts.spoil?.(signature) ?? signature);
  return der.encode(der.sequence(info, parts.algorithm ?? encodeAlgorithm(algorithm), bits));
}

/** A request around these bytes, whatever they are, rightly signed. */
export function signedAround(info: Buffer, key = nodeKey): Buffer {
  const algorithm = algorithmFor(key);
  const rest = [encodeAlgorithm(algorithm), der.bits(sign(algorithm.digest, info, key))];
  const size = info.length + rest.reduce((sum, node) => sum + der.encode(node).length, 0);
  const length = size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  const head = Buffer.from([0x30, ...length]);
  return Buffer.concat([head, info, ...rest.map((node) => der.encode(node))]);
}

export function requestPem(parts: Parts = {}): string {
  return toPem('CERTIFICATE REQUEST', requestDer(parts));
}

export async function withKey(spec: KeySpec, parts: Parts = {}): Promise<string> {
  return requestPem({ ...parts, key: await generateKey(spec) });
}

export function subject(...attributes: readonly (readonly ['O' | 'CN' | 'OU', string | Node])[]): Node {
  const ids = { O: oids.organization, CN: oids.commonName, OU: oids.unit };
  return der.sequence(
    ...attributes.map(([kind, value]) =>
      der.setOf(der.sequence(der.oid(ids[kind]), typeof value === 'string' ? der.utf8(value) : value)),
    ),
  );
}

/** The attribute that asks for these extensions. */
export function asking(...extensions: readonly Extension[]): Node {
  return attribute(oids.extensionRequest, encodeExtensions(extensions));
}

export function attribute(id: string, ...values: readonly Node[]): Node {
  return der.sequence(der.oid(id), der.setOf(...values));
}

/** Addresses are encoded as they are written: an IPv4 address in IPv6's clothes has 16 bytes. */
export function names(...hosts: readonly string[]): Extension {
  return rawNames(encodeNames({ ...namesOf(hosts), ipAddresses: hosts.filter((host) => isIP(host) !== 0) }));
}

export function rawNames(value: Node): Extension {
  return { oid: oids.names, critical: false, value: der.encode(value) };
}

/** As the client's part of a join asks: a bootstrapper. */
export const joiningClient: Omit<CsrObject, 'requestPem'> = {
  name: 'csr-abcde',
  signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
  username: 'system:bootstrap:07401b',
  groups: ['system:bootstrappers', 'system:bootstrappers:k8sup', 'system:authenticated'],
  usages: ['digital signature', 'client auth'],
};

/** As node1's kubelet asks for its serving certificate, or another's. */
export function servingOf(node = 'node1'): Omit<CsrObject, 'requestPem'> {
  return {
    name: 'csr-fghij',
    signerName: 'kubernetes.io/kubelet-serving',
    username: `system:node:${node}`,
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'server auth'],
  };
}

/** A subject as kubelets write it. */
export function kubeletSubject(node: string): Node {
  return encodeName({ organization: ['system:nodes'], commonName: `system:node:${node}` });
}

/** DER of a request for a serving certificate, byte for byte as this kubelet makes it; names sorted by the caller. */
export function kubeletDer(node: string, hosts: readonly string[], parts: Parts = {}): Buffer {
  return requestDer({ subject: kubeletSubject(node), attributes: [asking(names(...hosts))], ...parts });
}

export function pemOf(bytes: Buffer): string {
  return toPem('CERTIFICATE REQUEST', bytes);
}

/** The object as the apiserver prints it. */
export function csrJson({ name, requestPem, ...spec }: CsrObject): CsrJson {
  const uid = `${name.length.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const request = Buffer.from(requestPem).toString('base64');
  return { metadata: { name, uid, resourceVersion: '7' }, spec: { ...spec, request } };
}

/** A string of any universal type. */
export function text(type: number, value: string): Node {
  const create: (tagClass: number, type: number, constructed: boolean, value: string) => Node = forge.asn1.create;
  return create(0, type, false, value);
}
