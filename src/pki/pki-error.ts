import { K8supError } from '../errors/k8sup-error.ts';

/** Codes of everything that can go wrong with keys, certificates and their store. */
export type PkiErrorCode =
  | 'KUBECONFIG_INVALID'
  | 'PKI_BACKUP'
  | 'PKI_BROUGHT'
  | 'PKI_CA'
  | 'PKI_CA_EXPIRED'
  | 'PKI_CERTIFICATE'
  | 'PKI_CHAIN'
  | 'PKI_CONFIG'
  | 'PKI_DOMAIN'
  | 'PKI_ENCRYPTED'
  | 'PKI_FOLDER'
  | 'PKI_HALF_PAIR'
  | 'PKI_HOST'
  | 'PKI_IDENTITY'
  | 'PKI_IMPORT'
  | 'PKI_KEY'
  | 'PKI_LIFETIME'
  | 'PKI_LOCKED'
  | 'PKI_LOST'
  | 'PKI_OFFLINE'
  | 'PKI_PASSPHRASE'
  | 'PKI_PROFILE'
  | 'PKI_RECIPIENT'
  | 'PKI_REQUEST'
  | 'PKI_REQUESTS'
  | 'PKI_ROTATION'
  | 'PKI_SEALED'
  | 'PKI_STORE'
  | 'PKI_STORE_EXISTS'
  | 'PKI_STORE_MODE'
  | 'PKI_STORE_OWNER'
  | 'PKI_THERE'
  | 'PKI_UNSEALED';

/** A {@link K8supError} of kind `pki`. */
export function pkiError(
  code: PkiErrorCode,
  what: string,
  more: { readonly why?: string; readonly fix: string; readonly cause?: unknown },
): K8supError {
  return new K8supError({ code, kind: 'pki', what, ...more });
}
