import type { KubeObject } from '../engine/stage.ts';
import { bootstrapGroup } from '../pki/csr/judge.ts';

/** CN of the certificate with which the apiserver talks to kubelets. */
export const kubeletClientUser = 'kube-apiserver-kubelet-client';

/** The apiserver may use the kubelets' API: logs, exec, metrics. */
export function masterRbac(): readonly KubeObject[] {
  return [binding('k8sup:kubelet-api-admin', 'system:kubelet-api-admin', { kind: 'User', name: kubeletClientUser })];
}

/**
 * Bootstrap tokens may ask for a certificate, nodes may renew their own. First requests are approved by k8sup alone, so that there is no
 * binding to the `nodeclient` role.
 */
export function nodeRbac(): readonly KubeObject[] {
  const selfNodeClient = 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient';
  return [
    binding('k8sup:node-bootstrapper', 'system:node-bootstrapper', { kind: 'Group', name: bootstrapGroup }),
    binding('k8sup:node-certificate-renewal', selfNodeClient, { kind: 'Group', name: 'system:nodes' }),
  ];
}

function binding(name: string, role: string, subject: { readonly kind: string; readonly name: string }): KubeObject {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, ...subject }],
  };
}
