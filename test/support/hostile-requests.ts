import type { CsrObject } from '../../src/pki/index.ts';
import { generateKey } from '../../src/pki/keys.ts';
import { toPem } from '../../src/pki/pem.ts';
import type { Extension } from '../../src/pki/der/extensions.ts';
import {
  asking,
  attribute,
  der,
  joiningClient,
  kubeletSubject,
  names,
  oids,
  pemOf,
  type Parts,
  rawNames,
  requestDer,
  servingOf,
  subject,
  text,
} from './csr.ts';

/** A request that nobody may approve: one rule broken in each. */
export interface HostileRequest {
  readonly object: CsrObject;
  /** What the judge says of it. */
  readonly reason: RegExp;
}

const weak = await generateKey({ algo: 'rsa', size: 2048 });

/**
 * Requests of the second host, or in its name, that ask for what they may not have; the first host is the one they would like to be. Both have joined.
 */
export function hostileRequests(
  [first, second]: readonly [string, string],
  [firstAddress, address]: readonly [string, string],
): readonly HostileRequest[] {
  const own = names(second, address);
  const hostile = (name: string, reason: RegExp, parts: Parts, over: Partial<CsrObject> = {}): HostileRequest => {
    const pem = pemOf(requestDer({ subject: kubeletSubject(second), attributes: [asking(own)], ...parts }));
    return { object: { ...servingOf(second), requestPem: pem, ...over, name: `bad-${name}` }, reason };
  };
  const asks = (...extensions: readonly Extension[]): Parts => ({ attributes: [asking(...extensions)] });
  const san = (...hosts: readonly string[]): Parts => asks(names(second, ...hosts));
  const raw = (tag: number, value: string | Buffer): Parts =>
    asks(rawNames(der.sequence(der.implicit(2, Buffer.from(second)), der.implicit(tag, Buffer.from(value)))));
  const fine = requestDer({ subject: kubeletSubject(second), attributes: [asking(own)] });
  const as = (requestPem: string): Partial<CsrObject> => ({ requestPem });
  const client = (
    name: string,
    reason: RegExp,
    node: string,
    over: Partial<CsrObject> = {},
    who = kubeletSubject(node),
  ): HostileRequest => hostile(name, reason, { subject: who, attributes: [] }, { ...joiningClient, ...over });
  const foreign = new RegExp(`is no name or address of ${second}`);
  const node = servingOf(second);
  return [
    // Alternative names.
    hostile('san-address-of-another', foreign, san(firstAddress)),
    hostile('san-name-of-another', foreign, san(first, address)),
    hostile('san-service', foreign, san('kubernetes.default.svc', address)),
    hostile('san-wildcard', foreign, san(`*.${second}`)),
    hostile('san-star', foreign, san('*')),
    hostile('san-upper-case', foreign, san(second.toUpperCase())),
    hostile('san-trailing-dot', foreign, san(`${second}.`)),
    hostile('san-loopback', foreign, san('127.0.0.1')),
    hostile('san-mapped-address', foreign, san(`::ffff:${address}`)),
    hostile('san-network', /neither 4 nor 16 bytes/, raw(7, Buffer.from([10, 0, 0, 0, 255, 0, 0, 0]))),
    hostile('san-e-mail', /neither a DNS name nor an address/, san('root@example.com')),
    hostile('san-uri', /neither a DNS name nor an address/, san('spiffe://cluster/ns/kube-system')),
    hostile(
      'san-directory-name',
      /of an unknown kind/,
      asks(rawNames(der.sequence(der.tagged(4, subject(['CN', second]))))),
    ),
    hostile('san-line-feed', /control characters/, raw(2, `${second}\n`)),
    hostile('san-nul', /control characters/, raw(2, `${second}\0.example.com`)),
    hostile('san-unicode', /not ASCII/, raw(2, `${second}é`)),
    hostile('san-empty', /is empty/, raw(2, '')),
    hostile('san-none', /needs an alternative name/, { attributes: [] }),
    // The subject.
    hostile('cn-of-another', /may not ask for a serving certificate of/, { subject: kubeletSubject(first) }),
    // A node may only name itself in its requests, by NodeRestriction: a bootstrapper may name anybody.
    client('cn-zero-width', /control characters/, `${second}\u200b`),
    client('cn-look-alike', /no node of the inventory/, second.replace('h', '\u04bb').replace('n', '\u043f')),
    client('cn-control', /control characters/, `${second}\n\u001b[2J`),
    client('cn-nul', /control characters/, `${second}\0`),
    client('cn-twice', /more than one CN/, second, {}, subject(['O', 'system:nodes'], ...cnTwice(second))),
    client('cn-bmp-string', /text of an unknown type/, second, {}, subject(['O', 'system:nodes'], ['CN', bmp(second)])),
    client('cn-other-prefix', /no node of the inventory/, second, {}, subject(['O', 'system:nodes'], ['CN', second])),
    client('o-masters-client', /O is/, second, {}, subject(['O', 'system:masters'], ['CN', `system:node:${second}`])),
    hostile('o-masters', /O is/, { subject: subject(['O', 'system:masters'], ['CN', `system:node:${second}`]) }),
    hostile('o-masters-too', /O is/, {
      subject: subject(['O', 'system:nodes'], ['O', 'system:masters'], ['CN', `system:node:${second}`]),
    }),
    hostile('o-none', /O is/, { subject: subject(['CN', `system:node:${second}`]) }),
    hostile('ou', /more than CN and O/, {
      subject: subject(['O', 'system:nodes'], ['OU', 'x'], ['CN', `system:node:${second}`]),
    }),
    // What else is in the request.
    hostile(
      'authority',
      /unexpected extensions: 2\.5\.29\.19/,
      asks(own, { oid: oids.constraints, critical: true, value: der.encode(der.sequence(der.yes())) }),
    ),
    hostile(
      'key-usage',
      /unexpected extensions: 2\.5\.29\.15/,
      asks(own, { oid: oids.keyUsage, critical: true, value: der.encode(der.bits(Buffer.of(0x04), 2)) }),
    ),
    hostile(
      'unknown-extension',
      /unexpected extensions: 1\.2\.3\.4/,
      asks(own, { oid: '1.2.3.4', critical: true, value: der.encode(der.nothing()) }),
    ),
    hostile('names-twice', /an extension comes twice/, asks(own, names(first, firstAddress))),
    hostile('attribute-twice', /an attribute comes twice/, {
      attributes: [asking(own), asking(names(first, firstAddress))],
    }),
    hostile('two-values', /more than once/, {
      attributes: [attribute(oids.extensionRequest, ...twoLists(first, own))],
    }),
    hostile('challenge-password', /unexpected attributes/, {
      attributes: [asking(own), attribute('1.2.840.113549.1.9.7', der.utf8('x'))],
    }),
    hostile('version', /version is not 1/, { version: der.smallInteger(1) }),
    hostile('other-key', /not made by the key it asks for/, {
      spoil: (bytes) => Buffer.from(bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
    }),
    hostile('sha-1', /signature algorithm/, {
      key: weak,
      algorithm: der.sequence(der.oid('1.2.840.113549.1.1.5'), der.nothing()),
    }),
    // Its form.
    hostile('huge', /too big/, san(...Array.from({ length: 3000 }, (_, index) => `n${index}.${second}`))),
    hostile('byte-behind', /not DER/, {}, as(pemOf(Buffer.concat([fine, Buffer.of(0)])))),
    hostile('long-length', /not DER/, {}, as(pemOf(longLength(fine)))),
    hostile(
      'endless-length',
      /not DER/,
      {},
      as(pemOf(Buffer.concat([Buffer.of(0x30, 0x80), fine.subarray(fine[1] === 0x81 ? 3 : 4), Buffer.alloc(2)]))),
    ),
    hostile('two-blocks', /exactly one PEM block/, {}, as(pemOf(fine) + pemOf(fine))),
    hostile('text-before', /exactly one PEM block/, {}, as(`good\n${pemOf(fine)}`)),
    hostile('pem-header', /exactly one PEM block/, {}, as(pemOf(fine).replace('\n', '\nA: b\n\n'))),
    hostile('other-label', /exactly one PEM block/, {}, as(toPem('NEW CERTIFICATE REQUEST', fine))),
    hostile('no-request', /exactly one PEM block/, {}, as('approve me')),
    // The object around it.
    hostile('usage-client', /usage "client auth" is not expected/, {}, { usages: [...node.usages, 'client auth'] }),
    hostile('usage-any', /usage "any" is not expected/, {}, { usages: [...node.usages, 'any'] }),
    hostile('usage-cert-sign', /usage "cert sign" is not expected/, {}, { usages: [...node.usages, 'cert sign'] }),
    hostile('usage-missing', /usage digital signature is missing/, {}, { usages: ['server auth'] }),
    hostile('usage-unknown', /is not expected/, {}, { usages: [...node.usages, 'everything'] }),
    hostile('by-another-node', /may not ask for a serving certificate of/, {}, { username: `system:node:${first}` }),
    hostile(
      'by-somebody',
      /may not ask for a serving certificate of/,
      {},
      { username: 'mallory', groups: joiningClient.groups },
    ),
    hostile(
      'by-bootstrapper',
      /may not ask for a serving certificate of/,
      {},
      { username: joiningClient.username, groups: joiningClient.groups },
    ),
    hostile('by-masters', /unexpected group/, {}, { groups: [...node.groups, 'system:masters'] }),
    hostile('by-no-node', /not in the group/, {}, { groups: [...joiningClient.groups] }),
    hostile(
      'signer-client',
      /has no alternative names/,
      {},
      { signerName: joiningClient.signerName, usages: joiningClient.usages },
    ),
    // For a client certificate.
    client('client-of-nobody', /no node of the inventory/, 'stranger'),
    client('client-that-has-joined', /is not joining now/, second),
    client('client-with-names', /has no alternative names/, second, {
      ...as(pemOf(fine)),
      username: node.username,
      groups: node.groups,
    }),
    client('client-usage', /usage "server auth" is not expected/, second, {
      username: node.username,
      groups: node.groups,
      usages: [...joiningClient.usages, 'server auth'],
    }),
    client('client-by-another-node', /may not ask for a client certificate of/, first, {
      username: node.username,
      groups: node.groups,
    }),
  ];
}

function cnTwice(node: string): readonly (readonly ['CN', string])[] {
  return [
    ['CN', `system:node:${node}`],
    ['CN', 'kubernetes-admin'],
  ];
}

/** A kind of text that Go reads and others do not. */
function bmp(node: string) {
  return text(30, Buffer.from(`system:node:${node}`, 'utf16le').swap16().toString('latin1'));
}

/** Two lists of extensions in the one attribute that may hold one. */
function twoLists(first: string, own: Extension) {
  const list = (extension: Extension) =>
    der.sequence(der.sequence(der.oid(extension.oid), der.octets(extension.value)));
  return [list(own), list(names(first))];
}

/** A length in one byte more than it needs. */
function longLength(request: Buffer): Buffer {
  const header = request[1] === 0x81 ? 3 : 4;
  const content = request.subarray(header);
  return Buffer.concat([Buffer.of(0x30, 0x83, 0, content.length >> 8, content.length & 0xff), content]);
}
