import type { KubeObject } from '../engine/stage.ts';
import { bootstrapGroup } from '../pki/csr/judge.ts';

/** CN of the certificate with which the apiserver talks to kubelets. */
const kubeletClientUser = 'kube-apiserver-kubelet-client';

/** CN of the certificate with which the approver on masters talks to the apiserver beside it. */
const csrApproverUser = 'k8sup:csr-approver';

/** The apiserver may use the kubelets' API: logs, exec, metrics. The approver may approve requests for kubelets' serving certificates. */
export function masterRbac(): readonly KubeObject[] {
  return [
    binding('k8sup:kubelet-api-admin', 'system:kubelet-api-admin', { kind: 'User', name: kubeletClientUser }),
    csrApproverRole,
    binding(csrApproverUser, csrApproverUser, { kind: 'User', name: csrApproverUser }),
  ];
}

/** For approving, the apiserver wants the right to the subresource and the one to the signer (Kubernetes, "Certificate Signing Requests"). */
const csrApproverRole: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: csrApproverUser },
  rules: [
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['get', 'list'] },
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/approval'], verbs: ['update'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['kubernetes.io/kubelet-serving'],
      verbs: ['approve'],
    },
  ],
};

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
