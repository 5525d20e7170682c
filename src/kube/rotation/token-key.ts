import { createHash, createPublicKey } from 'node:crypto';
import type { KubeRunner } from '../../engine/stage.ts';
import { sh } from '../../shell/sh.ts';

/**
 * The id of the key that signs tokens, as the apiserver computes it: the hash of the public key (k8s.io/kubernetes/pkg/serviceaccount).
 *
 * @param pem - either half of the pair.
 */
export function keyIdOf(pem: string): string {
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url');
}

/** The id of the key that signed a token, from the token's first part; undefined for what is no such part. */
export function keyIdIn(header: string): string | undefined {
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { readonly kid?: string }).kid;
  } catch {
    // Somebody else's token: it is not signed by the new key in any case.
    return undefined;
  }
}

/** Secrets with a token that another key than this one signed; nothing of a token but its first part leaves the master. */
export async function legacyTokens(
  kube: KubeRunner,
  keyPem: string,
): Promise<readonly { readonly namespace: string; readonly name: string }[]> {
  const wanted = keyIdOf(keyPem);
  const lines = await kube.run(
    sh`kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token -o ${fields} | while read -r namespace name token; do
  echo "$namespace $name $(printf %s "$token" | base64 -d | cut -d . -f 1)"
done`,
  );
  return lines
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([namespace = '', , header = '']) => namespace !== '' && keyIdIn(header) !== wanted)
    .map(([namespace = '', name = '']) => ({ namespace, name }));
}

const fields = 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name} {.data.token}{"\\n"}{end}';
