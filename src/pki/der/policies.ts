import { type Extension, extensionOids } from './extensions.ts';
import { ascii, encode, oid, sequence, utf8, type Node } from './write.ts';

/** A certificate policy with what qualifies it. */
export interface CertificatePolicy {
  readonly oid: string;
  readonly qualifiers: readonly PolicyQualifier[];
}

export interface PolicyQualifier {
  /** A notice for the user, or the URL of the practice statement. */
  readonly kind: 'notice' | 'statement';
  readonly value: string;
}

const qualifierOids = { statement: '1.3.6.1.5.5.7.2.1', notice: '1.3.6.1.5.5.7.2.2' } as const;

/** The extension of certificate policies (RFC 5280, 4.2.1.4). */
export function policiesExtension(policies: readonly CertificatePolicy[]): Extension {
  const value = encode(sequence(...policies.map(encodePolicy)));
  return { oid: extensionOids.policies, critical: false, value };
}

function encodePolicy({ oid: id, qualifiers }: CertificatePolicy): Node {
  if (qualifiers.length === 0) return sequence(oid(id));
  return sequence(oid(id), sequence(...qualifiers.map(encodeQualifier)));
}

function encodeQualifier({ kind, value }: PolicyQualifier): Node {
  return sequence(oid(qualifierOids[kind]), kind === 'statement' ? ascii(value) : sequence(utf8(value)));
}
