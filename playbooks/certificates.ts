import { certificatePlaces } from '../src/components/certificate-places.ts';
import type { PlacedLeaf } from '../src/components/certificate-places.ts';
import { etcdPki, kubePki } from '../src/components/paths.ts';
import type { StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import { endpointUrl, masterUrl } from '../src/inventory/urls.ts';
import type { ContainerNetwork } from '../src/network/plugin.ts';
import { certificateText, kubeconfig, kubeconfigText, leafOf } from '../src/pki/index.ts';
import type { Authority, AuthorityName } from '../src/pki/index.ts';
import type { FileSpec } from '../src/resources/file.ts';
import type { AnyResource } from '../src/resources/define.ts';
import { file } from '../src/resources/file.ts';
import { sh } from '../src/shell/sh.ts';

const memberLeaves = ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'] as const;
const apiserverLeaves = [
  'kube-apiserver',
  'apiserver-kubelet-client',
  'apiserver-etcd-client',
  'front-proxy-client',
] as const;

/** Certificates of an etcd member. The key of etcd's authority never leaves the controller. */
export function etcdCertificates(context: StageContext, host: Host): readonly AnyResource[] {
  return [authority(context, 'etcd-ca', etcdPki.ca), ...memberLeaves.flatMap((name) => leafFiles(context, host, name))];
}

/** Certificates and keys of a master; the cluster-signing key is here alone, since the controller-manager signs kubelets' certificates with it. */
export function masterCertificates(context: StageContext, host: Host): readonly AnyResource[] {
  const { authorities } = context.pki;
  return [
    authority(context, 'kubernetes-ca', kubePki.ca),
    servers(authorities.ca['kubernetes-ca']),
    authority(context, 'etcd-ca', kubePki.etcdCa),
    authority(context, 'front-proxy-ca', kubePki.frontProxyCa),
    signer(authorities.ca['kubernetes-ca']),
    secretFile(kubePki.caKey, authorities.ca['kubernetes-ca'].keyPem, authorities.pending),
    secretFile(kubePki.serviceAccountKey, authorities.serviceAccount.keyPem, authorities.pending),
    file({
      path: kubePki.serviceAccountPub,
      content: authorities.serviceAccount.publicPem,
      mode: 0o644,
      ...madeByApply(authorities.pending),
    }),
    ...apiserverLeaves.flatMap((name) => leafFiles(context, host, name)),
    // A master's own components talk to the apiserver beside them, not over the endpoint that needs them to be up.
    clientKubeconfig(context, host, 'kube-controller-manager', masterUrl(context.inventory, host)),
    clientKubeconfig(context, host, 'kube-scheduler', masterUrl(context.inventory, host)),
    clientKubeconfig(context, host, 'csr-approver', masterUrl(context.inventory, host)),
  ];
}

/** The controller-manager signs with one certificate, and refuses a file that holds more. */
function signer({ certPem, pending }: Authority): AnyResource {
  return file({ path: kubePki.signer, content: certPem, mode: 0o644, ...certificateOf(certPem, pending) });
}

/** What pods get, and what knows the apiserver on its own host. */
function servers({ serverBundlePem, pending }: Authority): AnyResource {
  return file({
    path: kubePki.serverCa,
    content: serverBundlePem,
    mode: 0o644,
    ...certificateOf(serverBundlePem, pending),
  });
}

/** The authority that kubelets trust; their own certificates come by the CSR API. */
export function nodeCertificates(context: StageContext): readonly AnyResource[] {
  return [authority(context, 'kubernetes-ca', kubePki.ca)];
}

/** A kubeconfig with a client certificate inside, at its place on the host. */
export function clientKubeconfig(
  context: StageContext,
  host: Host,
  name: PlacedLeaf,
  server = endpointUrl(context.inventory),
): AnyResource {
  const leaf = leafOf(context.pki.leaves, name, host.name);
  const content = kubeconfig({
    cluster: context.inventory.cluster.name,
    server,
    caPem: context.pki.authorities.ca['kubernetes-ca'].serverBundlePem,
    user: leaf.commonName,
    credentials: { certPem: leaf.certPem, keyPem: leaf.keyPem },
  });
  const { path } = certificatePlaces[name];
  return file({
    path,
    content,
    mode: 0o600,
    secret: true,
    ...madeByApply(leaf.pending),
    // The key stays on the host.
    read: sh`sed 's/^\\( *client-key-data:\\).*/\\1 (secret)/' ${path}`,
    show: (text) => kubeconfigText(text, leaf.pending && text === content),
  });
}

/** The identity of a network of container hosts towards etcd, and the authority by which it knows etcd. */
export function containerNetworkCertificate(
  context: StageContext,
  host: Host,
  { leaf, authority: authorityPath }: ContainerNetwork['certificate'],
): readonly AnyResource[] {
  return [authority(context, 'etcd-ca', authorityPath), ...leafFiles(context, host, leaf)];
}

function authority(context: StageContext, name: AuthorityName, path: string): AnyResource {
  const { bundlePem, pending } = context.pki.authorities.ca[name];
  return file({ path, content: bundlePem, mode: 0o644, ...certificateOf(bundlePem, pending) });
}

function leafFiles(context: StageContext, host: Host, name: PlacedLeaf): readonly AnyResource[] {
  const { path } = certificatePlaces[name];
  const leaf = leafOf(context.pki.leaves, name, host.name);
  const certificate = certificateOf(leaf.certPem, leaf.pending);
  return [
    file({ path: `${path}.crt`, content: leaf.certPem, mode: 0o644, ...certificate }),
    secretFile(`${path}.key`, leaf.keyPem, leaf.pending),
  ];
}

function certificateOf(certPem: string, pending: boolean): Pick<FileSpec, 'made' | 'show'> {
  return { ...madeByApply(pending), show: (text) => certificateText(text, pending && text === certPem) };
}

function secretFile(path: string, content: string, pending: boolean): AnyResource {
  return file({ path, content, mode: 0o600, secret: true, ...madeByApply(pending) });
}

/** A plan has only made it in memory, so not even its hash is known. */
export function madeByApply(pending: boolean): Pick<FileSpec, 'made'> {
  return pending ? { made: 'new, made by apply' } : {};
}
