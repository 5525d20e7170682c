import { paths } from '../src/components/paths.ts';
import type { StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import { endpointUrl, masterUrl } from '../src/inventory/urls.ts';
import type { ContainerNetwork } from '../src/network/plugin.ts';
import { kubeconfig, leafOf } from '../src/pki/index.ts';
import type { AuthorityName, LeafName } from '../src/pki/index.ts';
import type { AnyResource } from '../src/resources/define.ts';
import { file } from '../src/resources/file.ts';

/** Where a leaf certificate and its key lie on a host, without `.crt` and `.key`. */
const etcdPlaces: readonly (readonly [LeafName, string])[] = [
  ['etcd-server', `${paths.etcdPki}/server`],
  ['etcd-peer', `${paths.etcdPki}/peer`],
  ['etcd-healthcheck-client', `${paths.etcdPki}/healthcheck-client`],
];
const masterPlaces: readonly (readonly [LeafName, string])[] = [
  ['kube-apiserver', `${paths.kubePki}/apiserver`],
  ['apiserver-kubelet-client', `${paths.kubePki}/apiserver-kubelet-client`],
  ['apiserver-etcd-client', `${paths.kubePki}/apiserver-etcd-client`],
  ['front-proxy-client', `${paths.kubePki}/front-proxy-client`],
];

/** Certificates of an etcd member. The key of etcd's authority never leaves the controller. */
export function etcdCertificates(context: StageContext, host: Host): readonly AnyResource[] {
  return [
    authority(context, 'etcd-ca', `${paths.etcdPki}/ca.crt`),
    ...etcdPlaces.flatMap((place) => leafFiles(context, host, place)),
  ];
}

/** Certificates and keys of a master; the cluster-signing key is here alone, since the controller-manager signs kubelets' certificates with it. */
export function masterCertificates(context: StageContext, host: Host): readonly AnyResource[] {
  const { authorities } = context.pki;
  return [
    authority(context, 'kubernetes-ca', `${paths.kubePki}/ca.crt`),
    authority(context, 'etcd-ca', `${paths.kubePki}/etcd-ca.crt`),
    authority(context, 'front-proxy-ca', `${paths.kubePki}/front-proxy-ca.crt`),
    secretFile(`${paths.kubePki}/ca.key`, authorities.ca['kubernetes-ca'].keyPem),
    secretFile(`${paths.kubePki}/sa.key`, authorities.serviceAccount.keyPem),
    file({ path: `${paths.kubePki}/sa.pub`, content: authorities.serviceAccount.publicPem, mode: 0o644 }),
    ...masterPlaces.flatMap((place) => leafFiles(context, host, place)),
    // A master's own components talk to the apiserver beside them, not over the endpoint that needs them to be up.
    clientKubeconfig(context, host, 'kube-controller-manager', masterUrl(context.inventory, host)),
    clientKubeconfig(context, host, 'kube-scheduler', masterUrl(context.inventory, host)),
  ];
}

/** The authority that kubelets trust; their own certificates come by the CSR API. */
export function nodeCertificates(context: StageContext): readonly AnyResource[] {
  return [authority(context, 'kubernetes-ca', `${paths.kubePki}/ca.crt`)];
}

/** A kubeconfig with a client certificate inside, at its place on the host. */
export function clientKubeconfig(
  context: StageContext,
  host: Host,
  name: LeafName,
  server = endpointUrl(context.inventory),
): AnyResource {
  const leaf = leafOf(context.pki.leaves, name, host.name);
  const content = kubeconfig({
    cluster: context.inventory.cluster.name,
    server,
    caPem: context.pki.authorities.ca['kubernetes-ca'].certPem,
    user: leaf.commonName,
    credentials: { certPem: leaf.certPem, keyPem: leaf.keyPem },
  });
  return secretFile(`${paths.kubeConf}/${name.replace(/^kube-(?=controller|scheduler)/, '')}.kubeconfig`, content);
}

/** The identity of a network of container hosts towards etcd, and the authority by which it knows etcd. */
export function containerNetworkCertificate(
  context: StageContext,
  host: Host,
  { leaf, path, authority: authorityPath }: ContainerNetwork['certificate'],
): readonly AnyResource[] {
  return [authority(context, 'etcd-ca', authorityPath), ...leafFiles(context, host, [leaf, path])];
}

function authority(context: StageContext, name: AuthorityName, path: string): AnyResource {
  return file({ path, content: context.pki.authorities.ca[name].certPem, mode: 0o644 });
}

function leafFiles(
  context: StageContext,
  host: Host,
  [name, path]: readonly [LeafName, string],
): readonly AnyResource[] {
  const leaf = leafOf(context.pki.leaves, name, host.name);
  return [file({ path: `${path}.crt`, content: leaf.certPem, mode: 0o644 }), secretFile(`${path}.key`, leaf.keyPem)];
}

function secretFile(path: string, content: string): AnyResource {
  return file({ path, content, mode: 0o600, secret: true });
}
