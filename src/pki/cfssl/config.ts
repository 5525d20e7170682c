import { z } from 'zod';

import type { CaConstraint } from '../der/extensions.ts';
import { isUsage, type Usage } from '../der/usages.ts';
import { pkiError } from '../pki-error.ts';
import { durationSchema, type JsonSource, readJson } from './source.ts';

/** How certificates of one kind are signed: an entry of `signing.profiles`. */
export interface SigningProfile {
  readonly usages: readonly Usage[];
  readonly expiryMs: number;
  readonly backdateMs: number | undefined;
  readonly ca: CaConstraint | undefined;
}

/** A read `ca-config.json`. */
export interface CaConfig {
  readonly default: SigningProfile;
  readonly profiles: ReadonlyMap<string, SigningProfile>;
}

/** What CFSSL signs with where no configuration is given. */
export const builtInConfig: CaConfig = {
  default: {
    usages: ['signing', 'key encipherment', 'server auth', 'client auth'],
    expiryMs: 8760 * 3_600_000,
    backdateMs: undefined,
    ca: undefined,
  },
  profiles: new Map(),
};

const usageSchema = z.custom<Usage>((value) => typeof value === 'string' && isUsage(value), {
  error: (issue) => `${JSON.stringify(issue.input)} is no usage that CFSSL knows`,
});

const constraintSchema = z.strictObject({
  is_ca: z.boolean().optional(),
  max_path_len: z.int().min(0).max(255).optional(),
  max_path_len_zero: z.boolean().optional(),
});

const defaultSchema = z.strictObject({
  usages: z.array(usageSchema).optional(),
  expiry: durationSchema,
  backdate: durationSchema.optional(),
  ca_constraint: constraintSchema.optional(),
});

const configSchema = z.strictObject({
  signing: z.strictObject({
    default: defaultSchema.optional(),
    profiles: z.record(z.string(), defaultSchema.extend({ usages: z.array(usageSchema).min(1) })).optional(),
  }),
});

/** Reads a `ca-config.json`. @throws K8supError `PKI_CONFIG`. */
export function readCaConfig(source: JsonSource): CaConfig {
  const { signing } = readJson(source, configSchema, 'PKI_CONFIG');
  const profiles = Object.entries(signing.profiles ?? {}).map(([name, raw]) => [name, profileOf(raw)] as const);
  return {
    default: signing.default ? profileOf(signing.default) : builtInConfig.default,
    profiles: new Map(profiles),
  };
}

/**
 * The profile of this name; the default one where no name is given.
 *
 * @throws K8supError `PKI_PROFILE` for an unknown name: CFSSL would sign with the default in its place.
 */
export function profileOfConfig(config: CaConfig, name: string | undefined): SigningProfile {
  const profile = name === undefined ? config.default : config.profiles.get(name);
  const known = [...config.profiles.keys()].join(', ');
  if (!profile) {
    throw pkiError('PKI_PROFILE', `there is no profile ${JSON.stringify(name)}`, {
      why: known === '' ? 'the configuration has no profiles' : `the configuration has: ${known}`,
      fix: 'name one of these, or add the profile to the configuration',
    });
  }
  if (profile.usages.length > 0) return profile;
  throw pkiError('PKI_PROFILE', 'the default profile has no usages', {
    why: 'a certificate without usages is good for nothing',
    fix: `name a profile${known === '' ? '' : ` (${known})`}, or give signing.default its usages`,
  });
}

function profileOf(raw: z.output<typeof defaultSchema>): SigningProfile {
  return {
    usages: raw.usages ?? [],
    expiryMs: raw.expiry,
    backdateMs: raw.backdate,
    ca: raw.ca_constraint?.is_ca === true ? pathLimit(raw.ca_constraint) : undefined,
  };
}

/** As in CFSSL, zero means "no limit" unless the flag beside it says otherwise. */
function pathLimit(raw: z.output<typeof constraintSchema>): CaConstraint {
  if (raw.max_path_len !== undefined && raw.max_path_len > 0) return { pathLength: raw.max_path_len };
  return raw.max_path_len_zero === true ? { pathLength: 0 } : {};
}
