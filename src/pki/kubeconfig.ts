import { stringify } from 'yaml';

/** One cluster, one user, one context that joins them. */
export interface KubeconfigOptions {
  readonly cluster: string;
  /** URL, for example `https://10.0.0.1:6443`. */
  readonly server: string;
  /** What the server is known by: in the kubeconfig itself, or in a file of the host where it is used. */
  readonly caPem?: string;
  readonly caPath?: string;
  readonly user: string;
  readonly credentials: { readonly certPem: string; readonly keyPem: string } | { readonly token: string };
}

/** A kubeconfig as YAML text: a secret. The same input gives the same bytes. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { cluster, server, user } = options;
  const context = `${user}@${cluster}`;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { ...authorityOf(options), server } }],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
    users: [{ name: user, user: credentialsOf(options.credentials) }],
  };
  // Go reads YAML 1.1, where a cluster called `on` would be a boolean.
  return stringify(document, { compat: 'yaml-1.1', lineWidth: 0 });
}

function authorityOf({ caPem, caPath }: KubeconfigOptions): Readonly<Record<string, string>> {
  return {
    ...(caPem === undefined ? {} : { 'certificate-authority-data': base64(caPem) }),
    ...(caPath === undefined ? {} : { 'certificate-authority': caPath }),
  };
}

function credentialsOf(credentials: KubeconfigOptions['credentials']): Readonly<Record<string, string>> {
  if ('token' in credentials) return { token: credentials.token };
  return {
    'client-certificate-data': base64(credentials.certPem),
    'client-key-data': base64(credentials.keyPem),
  };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
