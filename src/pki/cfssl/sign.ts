import { messageOf } from '../../errors/k8sup-error.ts';
import { decodeRequest, type DecodedRequest } from '../csr/decode.ts';
import { decodeNames, namesOf, noNames } from '../der/alternative-names.ts';
import { decodeBasicConstraints, extensionOids } from '../der/extensions.ts';
import { type DistinguishedName, isEmptyName, nameOf } from '../der/name.ts';
import { decode } from '../der/read.ts';
import { issueCertificate } from '../issue.ts';
import { pemBlocks } from '../pem.ts';
import { pkiError } from '../pki-error.ts';
import { readCsrRequest } from './csr-request.ts';
import { openSigner, type SigningOptions } from './signer.ts';
import { contentBy, lifeBy, type Wish } from './signing.ts';
import type { JsonSource } from './source.ts';

/** What `cfssl sign` takes. */
export interface SignOptions extends SigningOptions {
  /** The request: PEM. */
  readonly csr: JsonSource;
  /** A file with `CN`, `names` and `serialnumber`, of which each goes before the request's own. */
  readonly subject?: JsonSource | undefined;
  /** In place of the request's names. */
  readonly hostnames?: readonly string[] | undefined;
  /** Injected by tests. */
  readonly now?: Date;
}

/**
 * Signs a request that was made elsewhere.
 *
 * @throws K8supError `PKI_REQUEST` for a request that is malformed or not signed by its own key, and those of {@link openSigner} and
 * {@link contentBy}.
 */
export async function sign(options: SignOptions): Promise<{ readonly cert: string; readonly csr: string }> {
  const { issuer, profile } = openSigner(options);
  const { pem, request } = readRequest(options.csr);
  const wish = wishOf(request, options.csr.name);
  const content = contentBy(profile, wish, {
    ...(options.hostnames === undefined ? {} : { names: namesOf(options.hostnames) }),
    ...(options.subject === undefined
      ? {}
      : { subject: filled(readCsrRequest(options.subject).subject, wish.subject) }),
  });
  const validity = lifeBy(profile, options.now ?? new Date());
  return { cert: await issueCertificate(content, request.publicKey, { issuer, validity }), csr: pem };
}

/** The first block of a PEM text, which must be a request. @throws K8supError `PKI_REQUEST`. */
export function readRequest({ name, text }: JsonSource): { readonly pem: string; readonly request: DecodedRequest } {
  const [block] = pemBlocks(text);
  if (!block || !/^(NEW )?CERTIFICATE REQUEST$/.test(block.label)) {
    throw pkiError('PKI_REQUEST', `${name} holds no certificate request`, {
      why: 'its first PEM block is no CERTIFICATE REQUEST',
      fix: 'make a request with k8sup pki genkey, or with openssl req -new',
    });
  }
  return { pem: block.text, request: readable(name, () => decodeRequest(block.der)) };
}

/** What a request asks for. @throws K8supError `PKI_REQUEST` where its extensions are malformed. */
export function wishOf(request: DecodedRequest, name: string): Wish {
  const value = (oid: string): Buffer | undefined =>
    request.extensions.find((extension) => extension.oid === oid)?.value;
  return readable(name, () => {
    const [names, constraints] = [value(extensionOids.alternativeNames), value(extensionOids.basicConstraints)];
    return {
      subject: nameOf(request.subject),
      names: names ? decodeNames(decode(names)) : noNames,
      ca: constraints && decodeBasicConstraints(constraints),
      extensions: request.extensions,
    };
  });
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw pkiError('PKI_REQUEST', `${name} holds a request that cannot be used`, {
      why: messageOf(error),
      fix: 'make the request anew',
      cause: error,
    });
  }
}

/** The fields given, and the request's own where one is empty. */
function filled(given: DistinguishedName, own: DistinguishedName): DistinguishedName {
  const present = Object.entries(given).filter(([, value]) => value !== undefined && (value as string).length > 0);
  return isEmptyName(given) ? own : { ...own, extra: [], ...Object.fromEntries(present) };
}
