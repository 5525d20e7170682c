import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import { pkiError } from '../pki-error.ts';
import { DerError, isTagged, members, rawContent, readAscii } from './read.ts';
import { implicit, sequence, type Node } from './write.ts';

/** Subject alternative names by kind; addresses in their shortest written form. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

export const noNames: AlternativeNames = { dnsNames: [], ipAddresses: [], emails: [], uris: [] };

/** Context tags of GeneralName (RFC 5280, 4.2.1.6). */
const tag = { email: 1, dns: 2, uri: 6, ip: 7 } as const;

/**
 * Sorts CFSSL's `hosts` into kinds: an IP address, else an e-mail address, else a URI, else a DNS name; duplicates fall away.
 *
 * @throws K8supError `PKI_HOST` for what no certificate can carry.
 */
export function namesOf(hosts: readonly string[]): AlternativeNames {
  const sorted = hosts.map((host) => ({ kind: kindOf(host), value: host }));
  const of = (kind: keyof typeof tag): string[] => [
    ...new Set(sorted.filter((entry) => entry.kind === kind).map((entry) => entry.value)),
  ];
  // An IPv4 address in IPv6's clothes is written as what it is, as Go does.
  const ipAddresses = [...new Set(of('ip').map((ip) => ipaddr.process(ip).toString()))];
  return { dnsNames: of('dns'), ipAddresses, emails: of('email'), uris: of('uri') };
}

export function isEmpty(names: AlternativeNames): boolean {
  return names.dnsNames.length + names.ipAddresses.length + names.emails.length + names.uris.length === 0;
}

/** GeneralNames in Go's order: DNS, e-mail, IP, URI. */
export function encodeNames(names: AlternativeNames): Node {
  return sequence(
    ...names.dnsNames.map((name) => implicit(tag.dns, Buffer.from(name, 'latin1'))),
    ...names.emails.map((name) => implicit(tag.email, Buffer.from(name, 'latin1'))),
    ...names.ipAddresses.map((ip) => implicit(tag.ip, Buffer.from(ipaddr.parse(ip).toByteArray()))),
    ...names.uris.map((uri) => implicit(tag.uri, Buffer.from(uri, 'latin1'))),
  );
}

/** @throws DerError for a kind of name that is none of the four, and for an empty list. */
export function decodeNames(node: Node): AlternativeNames {
  const names = { dnsNames: [] as string[], ipAddresses: [] as string[], emails: [] as string[], uris: [] as string[] };
  const all = members(node, 'sequence', 'the list of alternative names');
  if (all.length === 0) throw new DerError('the list of alternative names is empty');
  for (const name of all) {
    if (isTagged(name, tag.dns, false)) names.dnsNames.push(readAscii(rawContent(name), 'a DNS name'));
    else if (isTagged(name, tag.email, false)) names.emails.push(readAscii(rawContent(name), 'an e-mail address'));
    else if (isTagged(name, tag.uri, false)) names.uris.push(readAscii(rawContent(name), 'a URI'));
    else if (isTagged(name, tag.ip, false)) names.ipAddresses.push(readAddress(rawContent(name)));
    else throw new DerError('an alternative name is of an unknown kind');
  }
  return names;
}

function kindOf(host: string): keyof typeof tag {
  if (!/^[\x21-\x7e]+$/.test(host)) {
    throw badHost(host, {
      why: 'names are printable ASCII without spaces',
      fix: 'write an internationalised name in its xn-- form',
    });
  }
  const isAddress = isIP(host) !== 0;
  if (isAddress && !host.includes('%')) return 'ip';
  if (/^[^@/:]+@[^@/:]+$/.test(host)) return 'email';
  if (!isAddress && /^[A-Za-z][A-Za-z0-9+.-]*:(?!\d+$)./.test(host)) return 'uri';
  if (/^[A-Za-z0-9_.*-]+$/.test(host)) return 'dns';
  throw badHost(host, {
    why: 'it is no DNS name, no IP address, no e-mail address and no URI with its scheme',
    fix: 'leave out ports, zones of addresses and masks of networks: clients check the name or address alone',
  });
}

function badHost(host: string, more: { readonly why: string; readonly fix: string }): Error {
  return pkiError('PKI_HOST', `${JSON.stringify(host)} can be no name in a certificate`, more);
}

function readAddress(bytes: Buffer): string {
  if (bytes.length !== 4 && bytes.length !== 16) throw new DerError('an IP address is neither 4 nor 16 bytes long');
  return ipaddr.fromByteArray([...bytes]).toString();
}
