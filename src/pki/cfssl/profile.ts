import * as z from 'zod';

import type { CaConstraint } from '../der/extensions.ts';
import type { Places } from '../der/places.ts';
import type { CertificatePolicy } from '../der/policies.ts';
import { isUsage, type Usage } from '../der/usages.ts';
import { namePattern } from './name-pattern.ts';
import { policiesSchema } from './policies.ts';
import { durationSchema, refused } from './source.ts';

/** How certificates of one kind are signed: an entry of `signing.profiles`. */
export interface SigningProfile {
  readonly usages: readonly Usage[];
  readonly expiryMs: number;
  readonly backdateMs: number | undefined;
  /** In place of what the clock and `expiry` say. */
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  readonly ca: CaConstraint | undefined;
  readonly places?: Places;
  readonly ocspNoCheck?: boolean;
  readonly policies?: readonly CertificatePolicy[];
  /** What CN, DNS names, e-mail addresses and URIs must match somewhere. */
  readonly nameWhitelist?: RegExp | undefined;
  /** The request's extensions are taken over, before the profile's own. */
  readonly copyExtensions?: boolean;
  /** Of a request, only these parts count; undefined: all. */
  readonly requestParts?: readonly RequestPart[] | undefined;
}

export type RequestPart = 'Subject' | 'DNSNames' | 'IPAddresses' | 'EmailAddresses' | 'URIs';

const remote = 'k8sup signs with the key beside it, and neither asks a remote signer nor is one';
const lints = 'k8sup has no linter of certificates';

const usageSchema = z.custom<Usage>((value) => typeof value === 'string' && isUsage(value), {
  error: (issue) => `${JSON.stringify(issue.input)} is no usage that CFSSL knows`,
});

const constraintSchema = z.strictObject({
  is_ca: z.boolean().optional(),
  max_path_len: z.int().min(0).max(255).optional(),
  max_path_len_zero: z.boolean().optional(),
});

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const urlSchema = z.string().regex(/^[\x21-\x7e]*$/, 'a URL is printable ASCII');

const requestPartsSchema = z.strictObject({
  Subject: z.boolean().optional(),
  DNSNames: z.boolean().optional(),
  IPAddresses: z.boolean().optional(),
  EmailAddresses: z.boolean().optional(),
  URIs: z.boolean().optional(),
  PublicKey: z.literal(true, { error: 'there is no certificate without the key of its request' }),
  PublicKeyAlgorithm: z.literal(true, { error: 'it goes with the key' }),
  SignatureAlgorithm: z.literal(true, { error: 'it goes with the key of the authority' }),
});

/** A profile as the file has it; usages may be missing in the default one alone. */
export const profileSchema = z
  .strictObject({
    usages: z.array(usageSchema).optional(),
    expiry: durationSchema,
    backdate: durationSchema.optional(),
    not_before: timeSchema.optional(),
    not_after: timeSchema.optional(),
    ca_constraint: constraintSchema.optional(),
    ocsp_url: urlSchema.optional(),
    crl_url: urlSchema.optional(),
    issuer_urls: z.array(urlSchema).optional(),
    ocsp_no_check: z.boolean().optional(),
    policies: policiesSchema.optional(),
    Policies: policiesSchema.optional(),
    name_whitelist: z.string().transform(namePattern).optional(),
    copy_extensions: z.boolean().optional(),
    CSRWhitelist: requestPartsSchema.optional(),
    auth_key: refused(remote),
    prev_auth_key: refused(remote),
    auth_remote: refused(remote),
    remote: refused(remote),
    ct_log_servers: refused('k8sup sends nothing to certificate transparency logs'),
    allowed_extensions: refused(
      'only requests to a signing server carry extensions; copy_extensions takes those of a CSR',
    ),
    cert_store: refused('k8sup keeps no database of certificates'),
    ClientProvidesSerialNumbers: refused('serial numbers are random'),
    lint_error_level: refused(lints),
    ignored_lints: refused(lints),
    ignored_lint_sources: refused(lints),
  })
  .refine(({ not_before: start, not_after: end }) => !start || !end || start < end, {
    path: ['not_after'],
    error: 'not_after is not after not_before',
  });

export type RawProfile = z.output<typeof profileSchema>;

/** @param fallback - the default profile, whose URLs count where this one has none of that kind. */
export function profileOf(raw: RawProfile, fallback: RawProfile | undefined): SigningProfile {
  const [ocsp, crl] = [raw.ocsp_url || fallback?.ocsp_url, raw.crl_url || fallback?.crl_url];
  const policies = raw.policies ?? raw.Policies ?? [];
  return {
    usages: raw.usages ?? [],
    expiryMs: raw.expiry,
    backdateMs: raw.backdate,
    notBefore: raw.not_before,
    notAfter: raw.not_after,
    ca: raw.ca_constraint?.is_ca === true ? pathLimit(raw.ca_constraint) : undefined,
    places: {
      ocsp: ocsp ? [ocsp] : [],
      crl: crl ? [crl] : [],
      issuers: raw.issuer_urls ?? fallback?.issuer_urls ?? [],
    },
    ocspNoCheck: raw.ocsp_no_check ?? false,
    policies,
    nameWhitelist: raw.name_whitelist,
    copyExtensions: raw.copy_extensions ?? false,
    requestParts: raw.CSRWhitelist && allowedParts(raw.CSRWhitelist),
  };
}

function allowedParts(raw: z.output<typeof requestPartsSchema>): readonly RequestPart[] {
  const all = ['Subject', 'DNSNames', 'IPAddresses', 'EmailAddresses', 'URIs'] as const;
  return all.filter((part) => raw[part] === true);
}

/** As in CFSSL, zero means "no limit" unless the flag beside it says otherwise. */
function pathLimit(raw: z.output<typeof constraintSchema>): CaConstraint {
  if (raw.max_path_len !== undefined && raw.max_path_len > 0) return { pathLength: raw.max_path_len };
  return raw.max_path_len_zero === true ? { pathLength: 0 } : {};
}
