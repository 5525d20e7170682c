import { readIssuer } from '../issuer.ts';
import { selfSign, validityFrom } from '../issue.ts';
import { generateKey, privateKeyPem } from '../keys.ts';
import { pkiError } from '../pki-error.ts';
import { nameOf } from '../der/name.ts';
import { builtInConfig, profileOfConfig, readCaConfig } from './config.ts';
import { type GencertResult, refuseAuthority, requestFor, requestPem, wishOf } from './gencert.ts';
import { contentBy, lifeBy } from './signing.ts';
import type { JsonSource } from './source.ts';

/** What `cfssl selfsign` takes. */
export interface SelfsignOptions {
  readonly csr: JsonSource;
  /** In place of the request's `hosts`. */
  readonly hostnames?: readonly string[] | undefined;
  readonly config?: JsonSource | undefined;
  readonly profile?: string | undefined;
  /** Injected by tests. */
  readonly now?: Date;
}

/** CFSSL's lifetime of a self-signed certificate where no configuration says another. */
const selfSignedMs = 2190 * 3_600_000;

/** A key with a certificate signed by itself, for trying things out: nobody can renew or revoke it. */
export async function selfsign(options: SelfsignOptions): Promise<GencertResult> {
  const request = requestFor(options);
  refuseAuthority(request, options.csr);
  const profile = options.config
    ? profileOfConfig(readCaConfig(options.config), options.profile)
    : { ...builtInConfig.default, expiryMs: selfSignedMs };
  // Nobody but the request's own key is asked, so all that it wants is taken over.
  const content = contentBy({ ...profile, copyExtensions: true }, wishOf(request));
  const validity = lifeBy(profile, options.now ?? new Date());
  const key = await generateKey(request.key);
  const [csr, cert] = await Promise.all([requestPem(request, key), selfSign(content, key, validity)]);
  return { cert, csr, key: privateKeyPem(key) };
}

/**
 * The certificate of an authority made anew with its own key: the same in all but its dates and serial number, and as long as it was.
 *
 * @throws K8supError `PKI_CA` where it is none, or the key is another one.
 */
export async function renewAuthority(certPem: string, keyPem: string, now: Date): Promise<{ readonly cert: string }> {
  const { certificate, key } = readIssuer(certPem, keyPem, 'the authority');
  if (!certificate.ca) {
    throw pkiError('PKI_CA', 'the certificate given is no authority', { fix: 'give the certificate of an authority' });
  }
  const { subject, names, ca, notBefore, notAfter } = certificate;
  const validity = validityFrom(now, notAfter.getTime() - notBefore.getTime());
  const content = { subject: nameOf(subject), names, usages: ['cert sign', 'crl sign'] as const, ca };
  return { cert: await selfSign(content, key, validity) };
}
