import { parse, stringify } from 'yaml';
import { pkiError } from './pki-error.ts';

interface Named {
  readonly name: string;
  readonly [field: string]: unknown;
}

interface KubeconfigDocument {
  readonly clusters?: readonly Named[] | null;
  readonly contexts?: readonly Named[] | null;
  readonly users?: readonly Named[] | null;
  readonly [field: string]: unknown;
}

/**
 * Puts the only cluster, user and context of `added` into another kubeconfig, all three under one name, and makes it the current context. What
 * is there under other names is kept.
 *
 * @param existing - text of the user's kubeconfig; undefined where there is none.
 * @throws K8supError `KUBECONFIG_INVALID` when the existing text is no kubeconfig.
 */
export function mergeKubeconfig(existing: string | undefined, added: string, name: string): string {
  const old = existing === undefined || existing.trim() === '' ? {} : read(existing);
  const fresh = read(added);
  const user = `${name}-admin`;
  const merged = {
    apiVersion: 'v1',
    kind: 'Config',
    ...old,
    clusters: put(old.clusters, { ...only(fresh.clusters), name }),
    contexts: put(old.contexts, { name, context: { cluster: name, user } }),
    users: put(old.users, { ...only(fresh.users), name: user }),
    'current-context': name,
  };
  return stringify(merged, { compat: 'yaml-1.1', lineWidth: 0 });
}

function read(text: string): KubeconfigDocument {
  const document: unknown = parse(text);
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return document as KubeconfigDocument;
  throw pkiError('KUBECONFIG_INVALID', 'the kubeconfig to merge into is no kubeconfig', {
    fix: 'repair it, or move it away',
  });
}

function only(entries: readonly Named[] | null | undefined): Named {
  const [first] = entries ?? [];
  if (first === undefined) throw new Error('the kubeconfig to be merged is empty');
  return first;
}

function put(entries: readonly Named[] | null | undefined, added: Named): readonly Named[] {
  return [...(entries ?? []).filter((entry) => entry.name !== added.name), added];
}
