import { K8supError } from '../errors/k8sup-error.ts';

/** Codes of everything that can go wrong with keys, certificates and their store. */
export type PkiErrorCode =
  | 'KUBECONFIG_INVALID'
  | 'PKI_BROUGHT'
  | 'PKI_CA'
  | 'PKI_CA_EXPIRED'
  | 'PKI_CERTIFICATE'
  | 'PKI_CHAIN'
  | 'PKI_CONFIG'
  | 'PKI_DOMAIN'
  | 'PKI_FOLDER'
  | 'PKI_HALF_PAIR'
  | 'PKI_HOST'
  | 'PKI_IMPORT'
  | 'PKI_KEY'
  | 'PKI_LIFETIME'
  | 'PKI_LOST'
  | 'PKI_OFFLINE'
  | 'PKI_PROFILE'
  | 'PKI_REQUEST'
  | 'PKI_REQUESTS'
  | 'PKI_ROTATION'
  | 'PKI_STORE'
  | 'PKI_STORE_MODE'
  | 'PKI_THERE';

/** A {@link K8supError} of kind `pki`. */
export function pkiError(
  code: PkiErrorCode,
  what: string,
  more: { readonly why?: string; readonly fix?: string; readonly cause?: unknown } = {},
): K8supError {
  return new K8supError({ code, kind: 'pki', what, ...more });
}
