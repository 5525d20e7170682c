import type { Host, Inventory } from '../../inventory/model.ts';
import type { ComponentFile } from '../component.ts';
import { yamlText } from '../documents.ts';
import { kubeFiles } from '../paths.ts';
import { releaseHas } from '../../inventory/releases.ts';

/**
 * AuthenticationConfiguration that lets nobody in without credentials but to the health paths, for load balancers. Undefined where the
 * release has no such thing, or where the user's own flags exclude the file (`oidc-*`, `anonymous-auth`, `authentication-config`).
 */
export function authenticationFile(inventory: Inventory, host: Host): ComponentFile | undefined {
  const { kubernetes } = inventory.cluster.versions;
  const excluded = Object.keys(host.extras.apiserver.extraArgs).some((flag) =>
    /^(oidc-.*|anonymous-auth|authentication-config)$/.test(flag),
  );
  if (excluded || !releaseHas(kubernetes, 'anonymousPaths')) return undefined;
  const version = releaseHas(kubernetes, 'authenticationConfigV1') ? 'v1' : 'v1beta1';
  const content = yamlText({
    apiVersion: `apiserver.config.k8s.io/${version}`,
    kind: 'AuthenticationConfiguration',
    anonymous: { enabled: true, conditions: ['/livez', '/readyz', '/healthz'].map((path) => ({ path })) },
  });
  return { path: kubeFiles.authentication, mode: 0o600, content };
}
