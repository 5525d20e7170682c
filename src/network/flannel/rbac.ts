import type { KubeObject } from '../../engine/stage.ts';

/** CN of flanneld's client certificate; it belongs to no group. */
const flannelUser = 'system:k8sup:flannel';

const apiGroup = 'rbac.authorization.k8s.io';

/** flanneld as a unit, by its certificate. */
export const unitSubject = { apiGroup, kind: 'User', name: flannelUser } as const;

/** What flanneld needs: to see the nodes' subnets, and to write its own address into a node's annotations and conditions. */
export function flannelRbac(subject: Readonly<Record<string, string>>): readonly KubeObject[] {
  const name = 'k8sup:flannel';
  return [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        // In a pod it asks its own pod for the name of its node.
        ...(subject['kind'] === 'ServiceAccount' ? [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] : []),
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [subject],
    },
  ];
}
