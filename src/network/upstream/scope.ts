import type { KubeObject } from '../../engine/stage.ts';

/** Kinds of Kubernetes itself that have no namespace, of the API groups that releases since 1.20 serve. */
const clusterKinds: ReadonlySet<string> = new Set([
  'APIService',
  'CSIDriver',
  'CSINode',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterTrustBundle',
  'CustomResourceDefinition',
  'DeviceClass',
  'FlowSchema',
  'IPAddress',
  'IngressClass',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PodSecurityPolicy',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'ResourceSlice',
  'RuntimeClass',
  'ServiceCIDR',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/**
 * Gives every namespaced object its namespace and takes it from the others, as the apiserver does by itself: an object is found again on the cluster by
 * what is written there. Custom resources are judged by their definition, where it is among the objects, and are namespaced otherwise.
 */
export function withNamespaces(objects: readonly KubeObject[], namespace: string): readonly KubeObject[] {
  const scopes = new Map(objects.flatMap(definedScope));
  return objects.map((object) => {
    const scope = scopes.get(kindKey(groupOf(object.apiVersion), object.kind));
    const isOfCluster =
      scope === undefined ? isKubernetes(object) && clusterKinds.has(object.kind) : scope === 'Cluster';
    const { namespace: own, ...metadata } = object.metadata;
    if (isOfCluster) return own === undefined ? object : { ...object, metadata };
    return own === undefined ? { ...object, metadata: { ...metadata, namespace } } : object;
  });
}

/** The group of `group/version`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Groups of Kubernetes itself have no dot, or end in `.k8s.io`; so do some of others' kinds, whose names are not in the list. */
function isKubernetes({ apiVersion }: KubeObject): boolean {
  const group = groupOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}

function definedScope(object: KubeObject): readonly (readonly [string, string])[] {
  if (object.kind !== 'CustomResourceDefinition') return [];
  const spec = object['spec'] as
    { readonly group?: string; readonly scope?: string; readonly names?: { readonly kind?: string } } | undefined;
  return [[kindKey(spec?.group ?? '', spec?.names?.kind ?? ''), spec?.scope ?? 'Namespaced']];
}

function kindKey(group: string, kind: string): string {
  return `${group} ${kind}`;
}
