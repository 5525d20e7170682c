import * as z from 'zod';

import type { CaConstraint, Extension } from '../der/extensions.ts';
import { extensionOids } from '../der/extensions.ts';
import { type Attribute, attributeOids, type DistinguishedName } from '../der/name.ts';
import type { KeySpec } from '../keys.ts';
import { oidSchema } from './policies.ts';
import { durationSchema, type JsonSource, readJson, refused } from './source.ts';

/** A read `*-csr.json`. */
export interface CsrRequest {
  readonly subject: DistinguishedName;
  readonly hosts: readonly string[];
  readonly key: KeySpec;
  /** Extensions that the request asks for besides its names; whether a certificate has them is the profile's to say. */
  readonly extensions: readonly Extension[];
  /** What `ca` and `crl_url` of the file say; used for authorities only. */
  readonly ca: {
    readonly expiryMs: number;
    readonly backdateMs: number | undefined;
    readonly constraint: CaConstraint;
    readonly crlUrl: string | undefined;
  };
  /** The file has something that only an authority's request may have. */
  readonly forAuthority: string | undefined;
}

/** CFSSL's lifetime of an authority whose request names none: five years. */
const defaultCaExpiryMs = 43_800 * 3_600_000;

const keySchema = z
  .strictObject({ algo: z.enum(['rsa', 'ecdsa', 'ed25519']).default('ecdsa'), size: z.int().default(256) })
  .transform(({ algo, size }, context): KeySpec => {
    if (algo === 'ed25519') return { algo };
    if (algo === 'rsa' && size >= 2048 && size <= 8192) return { algo, size };
    if (algo === 'ecdsa' && (size === 256 || size === 384 || size === 521)) return { algo, size };
    const allowed = algo === 'rsa' ? 'from 2048 to 8192' : '256, 384 or 521';
    context.addIssue({ code: 'custom', path: ['size'], message: `${size}: the size of an ${algo} key is ${allowed}` });
    return z.NEVER;
  });

const nameSchema = z.strictObject({
  C: z.string().optional(),
  ST: z.string().optional(),
  L: z.string().optional(),
  O: z.string().optional(),
  OU: z.string().optional(),
  E: z.string().optional(),
  OID: z.record(oidSchema, z.string()).optional(),
  SerialNumber: refused('cfssl reads it and leaves it out; "serialnumber" beside "CN" is what it writes'),
});

const caSchema = z.strictObject({
  expiry: durationSchema.optional(),
  backdate: durationSchema.optional(),
  pathlen: z.int().min(0).max(255).optional(),
  pathlenzero: z.boolean().optional(),
});

const extensionSchema = z
  .strictObject({
    Id: z.array(z.int().min(0)).min(2),
    Critical: z.boolean().default(false),
    Value: z.base64(),
  })
  .transform(({ Id, Critical, Value }): Extension => {
    return { oid: Id.join('.'), critical: Critical, value: Buffer.from(Value, 'base64') };
  });

const requestSchema = z.strictObject({
  CN: z.string().optional(),
  names: z.array(nameSchema).default([]),
  hosts: z.array(z.string()).default([]),
  key: keySchema.default({ algo: 'ecdsa', size: 256 }),
  serialnumber: z.string().optional(),
  ca: caSchema.optional(),
  crl_url: z.string().optional(),
  delegation_enabled: z.boolean().optional(),
  extensions: z.array(extensionSchema).default([]),
});

type RawRequest = z.output<typeof requestSchema>;

const known = [requestSchema, nameSchema, caSchema].flatMap((schema) => Object.keys(schema.shape));

/** Reads a `*-csr.json`. @throws K8supError `PKI_REQUEST`. */
export function readCsrRequest(source: JsonSource): CsrRequest {
  const raw = readJson(source, requestSchema, { code: 'PKI_REQUEST', known });
  const { pathlen = 0, pathlenzero = false, expiry, backdate } = raw.ca ?? {};
  return {
    subject: subjectOf(raw),
    hosts: raw.hosts.filter((host) => host !== ''),
    key: raw.key,
    extensions: raw.delegation_enabled === true ? [delegation, ...raw.extensions] : raw.extensions,
    ca: {
      expiryMs: expiry ?? defaultCaExpiryMs,
      backdateMs: backdate,
      constraint: pathlen > 0 || pathlenzero ? { pathLength: pathlen } : {},
      crlUrl: raw.crl_url || undefined,
    },
    forAuthority: raw.ca ? 'ca' : raw.crl_url ? 'crl_url' : undefined,
  };
}

/** NULL, as RFC 9345 has it. */
const delegation: Extension = { oid: extensionOids.delegationUsage, critical: false, value: Buffer.from([5, 0]) };

function subjectOf(raw: RawRequest): DistinguishedName {
  const all = (field: 'C' | 'ST' | 'L' | 'O' | 'OU'): string[] =>
    raw.names.flatMap((name) => (name[field] === undefined || name[field] === '' ? [] : [name[field]]));
  const extra = raw.names.flatMap((name): readonly Attribute[] => [
    ...Object.entries(name.OID ?? {}).map(([oid, value]) => ({ oid, value })),
    ...(name.E ? [{ oid: attributeOids.emailAddress, value: name.E }] : []),
  ]);
  return {
    ...(raw.CN === undefined ? {} : { commonName: raw.CN }),
    ...(raw.serialnumber === undefined ? {} : { serialNumber: raw.serialnumber }),
    country: all('C'),
    organization: all('O'),
    organizationalUnit: all('OU'),
    locality: all('L'),
    province: all('ST'),
    ...(extra.length > 0 ? { extra } : {}),
  };
}
