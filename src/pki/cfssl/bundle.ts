import { createPublicKey } from 'node:crypto';

import { type Certificate, isSignedBy, noCertificate, readCertificate, extensionOf } from '../certificate.ts';
import { certInfo } from '../certinfo.ts';
import { extensionOids } from '../der/extensions.ts';
import { type Attribute, attributeOids, valuesOf } from '../der/name.ts';
import { readOcspUrls } from '../der/places.ts';
import { keySpecOf, privateKeyPem, readPrivateKey } from '../keys.ts';
import { pemBlocks } from '../pem.ts';
import { pkiError } from '../pki-error.ts';
import type { JsonSource } from './source.ts';

/** What `cfssl bundle` takes; PEM texts. */
export interface BundleOptions {
  /** The certificate, and perhaps authorities behind it. */
  readonly cert: JsonSource;
  readonly key?: JsonSource | undefined;
  /** Roots that are trusted; not needed for `force`, which takes the chain as it stands in `cert`. */
  readonly roots?: JsonSource | undefined;
  readonly intermediates?: JsonSource | undefined;
  readonly flavor: 'optimal' | 'ubiquitous' | 'force';
}

/**
 * The shortest chain from a certificate to a trusted root, without the root, in CFSSL's fields. Nothing is fetched from anywhere.
 *
 * @throws K8supError `PKI_CERTIFICATE`, `PKI_KEY`, `PKI_CHAIN` where no chain leads to a root.
 */
export function bundle(options: BundleOptions): Readonly<Record<string, unknown>> {
  const given = certificatesOf(options.cert);
  const [leaf] = given;
  if (!leaf) throw noCertificate(options.cert.name);
  const key = options.key && readPrivateKey(options.key.text, options.key.name);
  if (key && !createPublicKey(key).equals(leaf.publicKey)) {
    throw pkiError('PKI_KEY', `the key given is not the key of ${options.cert.name}`, {
      fix: 'give the key that belongs to it, or none',
    });
  }
  const { chain, root } =
    options.flavor === 'force' ? { chain: given, root: undefined } : chainTo(leaf, given, options);
  return { ...report(leaf, chain, root), key: key ? privateKeyPem(key).trimEnd() : '' };
}

interface Chain {
  readonly chain: readonly Certificate[];
  readonly root: Certificate | undefined;
}

function chainTo(leaf: Certificate, given: readonly Certificate[], options: BundleOptions): Chain {
  const roots = options.roots ? certificatesOf(options.roots) : [];
  const between = [...given.slice(1), ...(options.intermediates ? certificatesOf(options.intermediates) : [])];
  let open: readonly (readonly Certificate[])[] = [[leaf]];
  while (open.length > 0) {
    for (const chain of open) {
      const root = roots.find((candidate) => signs(candidate, chain.at(-1)));
      if (root) return { chain, root };
    }
    open = open.flatMap((chain) =>
      between
        .filter((next) => signs(next, chain.at(-1)) && !chain.some(({ der }) => der.equals(next.der)))
        .map((next) => [...chain, next]),
    );
  }
  throw pkiError('PKI_CHAIN', `no chain leads from ${options.cert.name} to a trusted root`, {
    why: `${between.length} other certificates and ${roots.length} roots were tried`,
    fix: 'name the authorities between with --int-bundle and the root with --ca-bundle',
  });
}

function signs(issuer: Certificate, certificate: Certificate | undefined): boolean {
  return certificate !== undefined && issuer.ca !== undefined && isSignedBy(certificate, issuer);
}

function report(leaf: Certificate, chain: readonly Certificate[], root: Certificate | undefined) {
  const spec = keySpecOf(leaf.publicKey, 'the certificate');
  const kind = spec.algo === 'ed25519' ? 'Ed25519' : `${spec.size}-bit ${spec.algo.toUpperCase()}`;
  const ends = [...chain, ...(root ? [root] : [])].map(({ notAfter }) => notAfter.getTime());
  const access = extensionOf(leaf, extensionOids.authorityInfoAccess);
  const ocsp = access ? readOcspUrls(access) : [];
  return {
    bundle: chain
      .map(({ pem }) => pem)
      .join('')
      .trimEnd(),
    crl_support: extensionOf(leaf, extensionOids.crlDistributionPoints) !== undefined,
    crt: leaf.pem.trimEnd(),
    expires: rfc3339(Math.min(...ends)),
    hostnames: [...new Set([...valuesOf(leaf.subject, attributeOids.commonName), ...leaf.names.dnsNames])],
    issuer: nameText(leaf.issuer),
    // Bytes of the key for Ed25519, bits for the others: as cfssl prints it.
    key_size: spec.algo === 'ed25519' ? 32 : spec.size,
    key_type: kind,
    leaf_expires: rfc3339(leaf.notAfter.getTime()),
    ocsp: ocsp.length > 0 ? ocsp : null,
    ocsp_support: ocsp.length > 0,
    root: root?.pem.trimEnd() ?? '',
    signature: certInfo(leaf.pem).sigalg,
    status: { rebundled: chain.length > 1, expiring_SKIs: null, untrusted_root_stores: [], messages: [], code: 0 },
    subject: nameText(leaf.subject),
  };
}

function certificatesOf({ name, text }: JsonSource): readonly Certificate[] {
  const blocks = pemBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) throw noCertificate(name);
  return blocks.map((block) => readCertificate(block.text, name));
}

function nameText(attributes: readonly Attribute[]): string {
  const labels = new Map(
    Object.entries(attributeOids).map(([field, oid]) => [
      oid as string,
      `${field.charAt(0).toUpperCase()}${field.slice(1)}`,
    ]),
  );
  return attributes.map(({ oid, value }) => `/${labels.get(oid) ?? oid}=${value}`).join('');
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
