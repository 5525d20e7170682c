import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import { type ParsedCsr, parseCsr, printable } from './parse.ts';
import { extensionOids } from '../der/extensions.ts';

/** A CertificateSigningRequest of the Kubernetes API, as far as a decision needs it. */
export interface CsrObject {
  readonly name: string;
  readonly signerName: string;
  /** `spec.username`, set by the apiserver from who made the request. */
  readonly username: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  /** `spec.request`, its base64 undone. */
  readonly requestPem: string;
}

/** A host of the inventory that runs a kubelet; addresses may be names as well. */
export interface CsrHost {
  readonly name: string;
  readonly addresses: readonly string[];
  /** It has no valid client certificate yet, so a bootstrapper may ask for its first one. */
  readonly joining: boolean;
}

export type CsrPurpose = 'client' | 'serving';

export type Judgement =
  | { readonly approve: true; readonly host: string }
  /** The reason is one line, safe to print. */
  | { readonly approve: false; readonly reason: string };

/** The group a k8sup bootstrap token, or a line of token.csv, puts its user in. */
export const bootstrapGroup = 'system:bootstrappers:k8sup';
/** The user of token.csv. */
export const bootstrapTokenFileUser = 'kubelet-bootstrap';

const nodeGroup = 'system:nodes';
const nodePrefix = 'system:node:';
const signers = {
  client: 'kubernetes.io/kube-apiserver-client-kubelet',
  serving: 'kubernetes.io/kubelet-serving',
} as const;
const authUsage = { client: 'client auth', serving: 'server auth' } as const;

/**
 * Decides on a kubelet's certificate request: everything in it must be what a kubelet of this inventory asks for, and nothing else.
 * Never throws.
 */
export function judgeCsr(object: CsrObject, hosts: readonly CsrHost[], expected: CsrPurpose): Judgement {
  const refuse = (reason: string): Judgement => ({ approve: false, reason: printable(reason) });
  if (object.signerName !== signers[expected]) {
    return refuse(`the signer is ${object.signerName}, not ${signers[expected]}`);
  }
  const parsed = parseCsr(object.requestPem);
  if (!parsed.ok) return refuse(`the request cannot be parsed: ${parsed.reason}`);
  const { csr } = parsed;
  const host = hosts.find(({ name }) => csr.commonName === `${nodePrefix}${name}`);
  if (!host) return refuse(`CN ${JSON.stringify(csr.commonName)} is no node of the inventory`);
  const reason =
    subjectFault(csr) ??
    requesterFault(object, expected, host) ??
    usagesFault(object.usages, expected) ??
    extensionsFault(csr) ??
    (expected === 'client' ? clientNamesFault(csr) : servingNamesFault(csr, host));
  return reason === undefined ? { approve: true, host: host.name } : refuse(reason);
}

function subjectFault(csr: ParsedCsr): string | undefined {
  if (csr.organizations.length !== 1 || csr.organizations[0] !== nodeGroup) {
    return `O is ${JSON.stringify(csr.organizations)}, not ["${nodeGroup}"]`;
  }
  if (csr.otherSubject.length === 0) return undefined;
  return `the subject has more than CN and O: ${csr.otherSubject.map(({ oid }) => oid).join(', ')}`;
}

/** Groups the apiserver adds by itself may be there beside the one that is required; any other would be somebody else. */
function requesterFault(object: CsrObject, expected: CsrPurpose, host: CsrHost): string | undefined {
  const isNode = object.username === `${nodePrefix}${host.name}`;
  const isBootstrapper =
    object.username === bootstrapTokenFileUser || /^system:bootstrap:[a-z0-9]{6}$/.test(object.username);
  if (!isNode && !(expected === 'client' && isBootstrapper)) {
    return `user ${JSON.stringify(object.username)} may not ask for a ${expected} certificate of ${host.name}`;
  }
  if (!isNode && !host.joining)
    return `${host.name} is not joining now: a client certificate is its kubelet's alone to renew`;
  const required = isNode ? nodeGroup : bootstrapGroup;
  const allowed = ['system:authenticated', ...(isNode ? [nodeGroup] : [bootstrapGroup, 'system:bootstrappers'])];
  if (!object.groups.includes(required)) return `the user is not in the group ${required}`;
  const foreign = object.groups.find((group) => !allowed.includes(group));
  return foreign === undefined ? undefined : `the user is in an unexpected group: ${JSON.stringify(foreign)}`;
}

/** Older kubelets ask for key encipherment as well. */
function usagesFault(usages: readonly string[], expected: CsrPurpose): string | undefined {
  const required = ['digital signature', authUsage[expected]];
  const missing = required.find((usage) => !usages.includes(usage));
  if (missing !== undefined) return `the usage ${missing} is missing`;
  const extra = usages.find((usage) => !required.includes(usage) && usage !== 'key encipherment');
  return extra === undefined ? undefined : `the usage ${JSON.stringify(extra)} is not expected`;
}

/** Kubelets ask for alternative names alone; usages come from the API object, where they have been judged. */
function extensionsFault(csr: ParsedCsr): string | undefined {
  if (csr.unknownAttributes.length > 0) return `it has unexpected attributes: ${csr.unknownAttributes.join(', ')}`;
  const odd = csr.extensions.filter((oid) => oid !== extensionOids.alternativeNames);
  return odd.length === 0 ? undefined : `it asks for unexpected extensions: ${odd.join(', ')}`;
}

function clientNamesFault(csr: ParsedCsr): string | undefined {
  const names = [...csr.dnsNames, ...csr.ipAddresses, ...csr.emails, ...csr.uris];
  return names.length === 0
    ? undefined
    : `a client certificate has no alternative names; asked for: ${names.join(', ')}`;
}

function servingNamesFault(csr: ParsedCsr, host: CsrHost): string | undefined {
  const odd = [...csr.emails, ...csr.uris][0];
  if (odd !== undefined) return `the alternative name ${JSON.stringify(odd)} is neither a DNS name nor an address`;
  if (csr.dnsNames.length + csr.ipAddresses.length === 0) return 'a serving certificate needs an alternative name';
  const own = new Set([host.name, ...host.addresses].map(canonical));
  const foreign = [...csr.dnsNames, ...csr.ipAddresses].find((name) => !own.has(name));
  return foreign === undefined ? undefined : `${JSON.stringify(foreign)} is no name or address of ${host.name}`;
}

function canonical(name: string): string {
  return isIP(name) === 0 || name.includes('%') ? name : ipaddr.parse(name).toString();
}
