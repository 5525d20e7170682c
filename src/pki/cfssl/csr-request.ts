import { z } from 'zod';

import type { CaConstraint } from '../der/extensions.ts';
import type { DistinguishedName } from '../der/name.ts';
import type { KeySpec } from '../keys.ts';
import { durationSchema, type JsonSource, readJson } from './source.ts';

/** A read `*-csr.json`. */
export interface CsrRequest {
  readonly subject: DistinguishedName;
  readonly hosts: readonly string[];
  readonly key: KeySpec;
  /** What `ca` of the file says; used for authorities only. */
  readonly ca: {
    readonly expiryMs: number;
    readonly backdateMs: number | undefined;
    readonly constraint: CaConstraint;
  };
}

/** CFSSL's lifetime of an authority whose request names none: five years. */
const defaultCaExpiryMs = 43_800 * 3_600_000;

const keySchema = z.discriminatedUnion('algo', [
  z.strictObject({ algo: z.literal('rsa'), size: z.int().min(2048).max(8192) }),
  z.strictObject({ algo: z.literal('ecdsa'), size: z.literal([256, 384, 521]) }),
  z.strictObject({ algo: z.literal('ed25519'), size: z.int().optional() }),
]);

const requestSchema = z.strictObject({
  CN: z.string().optional(),
  names: z
    .array(
      z.strictObject({
        C: z.string().optional(),
        ST: z.string().optional(),
        L: z.string().optional(),
        O: z.string().optional(),
        OU: z.string().optional(),
      }),
    )
    .optional(),
  hosts: z.array(z.string()).optional(),
  key: keySchema.default({ algo: 'ecdsa', size: 256 }),
  serialnumber: z.string().optional(),
  ca: z
    .strictObject({
      expiry: durationSchema.optional(),
      backdate: durationSchema.optional(),
      pathlen: z.int().min(0).max(255).optional(),
      pathlenzero: z.boolean().optional(),
    })
    .default({}),
});

type RawRequest = z.output<typeof requestSchema>;

/** Reads a `*-csr.json`. @throws K8supError `PKI_REQUEST`. */
export function readCsrRequest(source: JsonSource): CsrRequest {
  const raw = readJson(source, requestSchema, 'PKI_REQUEST');
  const { pathlen = 0, pathlenzero = false } = raw.ca;
  return {
    subject: subjectOf(raw),
    hosts: (raw.hosts ?? []).filter((host) => host !== ''),
    key: raw.key.algo === 'ed25519' ? { algo: 'ed25519' } : raw.key,
    ca: {
      expiryMs: raw.ca.expiry ?? defaultCaExpiryMs,
      backdateMs: raw.ca.backdate,
      constraint: pathlen > 0 || pathlenzero ? { pathLength: pathlen } : {},
    },
  };
}

function subjectOf(raw: RawRequest): DistinguishedName {
  const all = (field: 'C' | 'ST' | 'L' | 'O' | 'OU'): string[] =>
    (raw.names ?? []).flatMap((name) => (name[field] === undefined || name[field] === '' ? [] : [name[field]]));
  return {
    ...(raw.CN === undefined ? {} : { commonName: raw.CN }),
    ...(raw.serialnumber === undefined ? {} : { serialNumber: raw.serialnumber }),
    country: all('C'),
    organization: all('O'),
    organizationalUnit: all('OU'),
    locality: all('L'),
    province: all('ST'),
  };
}
