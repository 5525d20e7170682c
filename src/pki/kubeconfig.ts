import { stringify } from 'yaml';

/** One cluster, one user, one context that joins them. */
export interface KubeconfigOptions {
  readonly cluster: string;
  /** URL, for example `https://10.0.0.1:6443`. */
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly credentials: { readonly certPem: string; readonly keyPem: string } | { readonly token: string };
}

/** A kubeconfig as YAML text: a secret. The same input gives the same bytes. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { cluster, server, caPem, user } = options;
  const context = `${user}@${cluster}`;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { 'certificate-authority-data': base64(caPem), server } }],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
    users: [{ name: user, user: credentialsOf(options.credentials) }],
  };
  // Go reads YAML 1.1, where a cluster called `on` would be a boolean.
  return stringify(document, { compat: 'yaml-1.1', lineWidth: 0 });
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
