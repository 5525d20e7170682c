import * as z from 'zod';
import { standard } from '../defaults.ts';
import { apiserverSchema, argsOnly, corednsSchema, etcdSchema, kubeletSchema, kubeProxySchema } from './components.ts';
import { clusterName, derived, dnsName, hours, imageName, localFile, optional, url, version } from './fields.ts';
import { networkSchema } from './network.ts';
import { runtimeSchema } from './runtime.ts';

const imagesSchema = z.strictObject({
  coredns: derived(imageName, 'CoreDNS image', 'registry.k8s.io/coredns/coredns:v<version>'),
  verify: optional(
    imageName,
    'Image of the verification; it needs sh, ping, wget, nslookup and httpd',
    standard.images.verify,
  ),
});

const certificatesSchema = z.strictObject({
  caLifetime: optional(hours, 'Life of the certificate authorities', standard.certificates.caLifetime),
  leafLifetime: optional(hours, 'Life of certificates that k8sup issues', standard.certificates.leafLifetime),
  nodeLifetime: optional(
    hours,
    "Life of kubelets' certificates (--cluster-signing-duration)",
    standard.certificates.nodeLifetime,
  ),
  store: optional(
    z.strictObject({
      identityFile: optional(localFile, 'Identity file of age, mode 0600, that opens the store; also --identity'),
      passphraseFile: optional(localFile, 'File with mode 0600 that holds the passphrase of the store alone'),
      passphraseCommand: optional(
        z.string().min(1),
        'Command of the shell on this machine that prints the passphrase of the store',
      ),
    }),
    'What opens the store of keys where it is encrypted (k8sup pki encrypt); else its passphrase is asked for',
  ),
});

const proxySchema = z.strictObject({
  http: optional(url, 'Proxy for http'),
  https: optional(url, 'Proxy for https'),
  noProxy: optional(
    z.array(z.string().min(1)),
    "What goes around the proxy; hosts, pods, Services and the cluster's domain are added by k8sup",
    [],
  ),
});

const hostPreparationSchema = z.strictObject({
  disableIPv6: optional(z.boolean(), 'Switch IPv6 off on the hosts', standard.hostPreparation.disableIPv6),
  setHostName: optional(z.boolean(), "Set each host's name to the one here", standard.hostPreparation.setHostName),
  manageHostsFile: optional(
    z.boolean(),
    'Keep a block with all hosts in /etc/hosts',
    standard.hostPreparation.manageHostsFile,
  ),
  firewall: optional(
    z.enum(['disable', 'keep']),
    'What to do with firewalld and ufw',
    standard.hostPreparation.firewall,
  ),
});

const artifactsSchema = z.strictObject({
  source: optional(
    z.enum(['auto', 'upstream', 'mirror', 'directory', 'go-modules']),
    'Where binaries come from; auto tries cache and directory, then mirrors and upstream, then a build from Go modules',
    standard.artifacts.source,
  ),
  mirrors: optional(z.array(url), 'Base URLs with the same paths as upstream, tried in order', []),
  directory: optional(localFile, 'Folder with component/version/os-arch/file, only read'),
});

export const clusterSchema = z.strictObject({
  name: clusterName.describe('Name of the cluster'),
  kubernetesVersion: optional(version, 'Kubernetes version, 1.20 to 1.36', standard.kubernetesVersion),
  controlPlaneEndpoint: derived(
    z.string().min(1),
    'host:port that clients dial, a load balancer in front of several masters',
    "the only master's address and port",
  ),
  /** Replaced by one that knows the plugins' settings too. */
  network: optional(networkSchema, 'Addresses and the pod network'),
  runtime: optional(runtimeSchema, 'Container runtime'),
  etcd: optional(etcdSchema, 'etcd'),
  apiserver: optional(apiserverSchema, 'API server'),
  controllerManager: optional(argsOnly, 'Controller manager'),
  scheduler: optional(argsOnly, 'Scheduler'),
  kubelet: optional(kubeletSchema, 'kubelet'),
  kubeProxy: optional(kubeProxySchema, 'kube-proxy'),
  coredns: optional(corednsSchema, 'Cluster DNS'),
  images: optional(imagesSchema, 'Names of images'),
  bootstrap: optional(
    z.enum(['token-secret', 'token-file']),
    'How kubelets introduce themselves: a bootstrap-token Secret that expires, or a line in token.csv that does not',
    standard.bootstrap,
  ),
  certificates: optional(certificatesSchema, 'How long certificates live'),
  timeServers: derived(z.array(dnsName), 'Time servers', 'what the hosts use already'),
  proxy: optional(proxySchema, 'HTTP proxy for the container runtime'),
  hostPreparation: optional(hostPreparationSchema, 'What k8sup may change on the hosts'),
  artifacts: optional(artifactsSchema, 'Where binaries come from'),
});
