import type { Issuer } from '../issue.ts';
import { readIssuer } from '../issuer.ts';
import { builtInConfig, profileOfConfig, readCaConfig } from './config.ts';
import type { SigningProfile } from './profile.ts';
import type { JsonSource } from './source.ts';

/** The authority that signs, and how; PEM texts and JSON texts, not paths. */
export interface SigningOptions {
  readonly ca: string;
  readonly caKey: string;
  /** A `ca-config.json`; without one CFSSL's own default is used. */
  readonly config?: JsonSource | undefined;
  readonly profile?: string | undefined;
}

/** @throws K8supError `PKI_CONFIG`, `PKI_PROFILE`, `PKI_CA`, `PKI_KEY`, `PKI_CERTIFICATE`. */
export function openSigner(options: SigningOptions): { readonly issuer: Issuer; readonly profile: SigningProfile } {
  const issuer = readIssuer(options.ca, options.caKey, 'the authority');
  const config = options.config ? readCaConfig(options.config) : builtInConfig;
  return { issuer, profile: profileOfConfig(config, options.profile) };
}
