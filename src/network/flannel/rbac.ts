import type { KubeObject } from '../../engine/stage.ts';

/** CN of flanneld's client certificate; it belongs to no group. */
export const flannelUser = 'system:k8sup:flannel';

/** What flanneld needs: to see the nodes' subnets, and to write its own address into a node's annotations and conditions. */
export function flannelRbac(): readonly KubeObject[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const name = 'k8sup:flannel';
  return [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ apiGroup, kind: 'User', name: flannelUser }],
    },
  ];
}
