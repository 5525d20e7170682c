import * as z from 'zod';

import { pkiError } from '../pki-error.ts';
import { profileOf, profileSchema, type SigningProfile } from './profile.ts';
import { type JsonSource, readJson, refused } from './source.ts';

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

const remote = 'k8sup signs with the key beside it, and neither asks a remote signer nor is one';

const configSchema = z.strictObject({
  signing: z.strictObject({
    default: profileSchema.optional(),
    profiles: z
      .record(
        z.string(),
        profileSchema.refine(({ usages = [] }) => usages.length > 0, {
          path: ['usages'],
          error: 'a profile needs usages',
        }),
      )
      .optional(),
  }),
  auth_keys: refused(remote),
  remotes: refused(remote),
  ocsp: refused('k8sup answers no OCSP requests'),
});

const known = [...Object.keys(configSchema.shape), 'default', 'profiles', ...Object.keys(profileSchema.shape)];

/** Reads a `ca-config.json`. @throws K8supError `PKI_CONFIG`. */
export function readCaConfig(source: JsonSource): CaConfig {
  const { signing } = readJson(source, configSchema, { code: 'PKI_CONFIG', known });
  const profiles = Object.entries(signing.profiles ?? {}).map(
    ([name, raw]) => [name, profileOf(raw, signing.default)] as const,
  );
  return {
    default: signing.default ? profileOf(signing.default, undefined) : builtInConfig.default,
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
  const names = [...config.profiles.keys()].join(', ');
  if (!profile) {
    throw pkiError('PKI_PROFILE', `there is no profile ${JSON.stringify(name)}`, {
      why: names === '' ? 'the configuration has no profiles' : `the configuration has: ${names}`,
      fix: 'name one of these, or add the profile to the configuration',
    });
  }
  if (profile.usages.length > 0) return profile;
  throw pkiError('PKI_PROFILE', 'the default profile has no usages', {
    why: 'a certificate without usages is good for nothing',
    fix: `name a profile${names === '' ? '' : ` (${names})`}, or give signing.default its usages`,
  });
}
