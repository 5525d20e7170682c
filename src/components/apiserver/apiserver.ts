import { createHash } from 'node:crypto';
import { hasIPv6, hostsWith } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { MakeComponent } from '../component.ts';
import { etcdEndpoints } from '../etcd/etcd.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeFiles, kubePki } from '../paths.ts';
import { chosen, forRelease, keyed } from '../source.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import { auditPolicyFile } from './audit-policy.ts';
import { authenticationFile } from './authentication.ts';

export { encryptionFile } from './encryption.ts';

const unit = 'kube-apiserver.service';

/**
 * The apiserver of one master. Certificates of its own and its client certificates are read again when they change; CAs, the service
 * account keys, the policy files and token.csv are inputs.
 */
export const kubeApiserver: MakeComponent = (inventory, host) => {
  const { cluster } = inventory;
  const authentication = authenticationFile(inventory, host);
  const files = [
    ...(cluster.audit ? [auditPolicyFile()] : []),
    ...(authentication === undefined ? [] : [authentication]),
  ];
  const flags = apiserverFlags(inventory, host, authentication?.path);
  const inputs = [binaries.apiserver, ...restartInputs(inventory), ...files.map((file) => file.path)];
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes API server',
      after: host.roles.has('etcd') ? ['etcd.service'] : [],
      command: commandLine(binaries.apiserver, flags),
      inputs,
      type: 'notify',
      settings: {
        TimeoutStartSec: 180,
        // Open watches keep a stopping apiserver of 1.20 alive for a minute, in which it answers nobody. Controller-manager and scheduler give up
        // their lease after ten seconds without it, so it must be back before. Later ones wait for requests alone (see shutdownFlags), which may
        // take a minute too. While it only delays its end it answers as ever.
        TimeoutStopSec: (releaseHas(cluster.versions.kubernetes, 'dockershim') ? 4 : 15) + delaySeconds(flags),
        RuntimeMaxSec: `${runtimeDays(host)}d`,
        LimitNOFILE: 65536,
        OOMScoreAdjust: -900,
      },
    }),
    files,
    directories: cluster.audit ? [{ path: kubeFiles.logs, mode: 0o700 }] : [],
    inputs,
    interrupts: interruption(inventory),
    explanation: { flags, files: [] },
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port']?.value ?? '6443'}/readyz?verbose`,
      // Any authenticated user may ask; without a certificate, releases that cannot limit anonymous requests to health refuse.
      tls: { ca: [kubePki.serverCa, kubePki.ca], cert: kubePki.kubeletClientCert, key: kubePki.kubeletClientKey },
    }),
    healthTimeoutSeconds: 180,
  };
};

function interruption(inventory: Inventory): string {
  const pods = 'pods and Services keep working';
  if (hostsWith(inventory, 'master').length === 1)
    return `the only apiserver: kubectl, controllers and kubelets reach none for some seconds; ${pods}`;
  return `one master at a time: clients of controlPlaneEndpoint go on with the others, open watches and kubectl exec through this one break off; ${pods}`;
}

/**
 * How an apiserver ends; not up to 1.23, whose apiservers are stopped fast.
 *
 * `shutdown-send-retry-after`: without it a stopping apiserver stops listening at once, and then waits up to `request-timeout` (60 s) for open watches,
 * which every kubelet and controller has, to end: it answers nobody until systemd kills it. With it the wait is for requests alone, which new ones are told
 * by 429 and Retry-After, and connections that are open then are cut after 2 s (k8s.io/apiserver/pkg/server/genericapiserver.go, RunWithContext). The Service
 * `kubernetes` is without this apiserver from the first moment on, in any case (kubernetesservice.Controller.Stop), and nodes have it back when their
 * kube-proxy has found the apiserver again, which it tries ever more rarely, up to 30 s apart (client-go, tools/cache/reflector.go): each second counts twice.
 *
 * `shutdown-delay-duration`: for this long it says before that it is not ready, and still answers, so that the load balancer in front of several masters
 * sends nothing more to it.
 */
function shutdownFlags(inventory: Inventory): Flags {
  if (releaseHas(inventory.cluster.versions.kubernetes, 'dockershim')) return {};
  const retry = forRelease('true', 'a stopping apiserver waits for no watch; not up to 1.23, which are stopped fast');
  const delay = forRelease(
    '10s',
    'a load balancer in front of several masters sends nothing more here before it stops; not up to 1.23, whose apiservers are stopped fast',
  );
  return {
    ...(hostsWith(inventory, 'master').length > 1 ? { 'shutdown-delay-duration': delay } : {}),
    'shutdown-send-retry-after': retry,
  };
}

/** Of a Go duration in minutes and seconds, which may be the user's own. */
function delaySeconds(flags: Flags): number {
  const [, minutes = 0, seconds = 0] =
    /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(flags['shutdown-delay-duration']?.value ?? '') ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/**
 * Days after which systemd restarts the process: the certificate it makes for itself in memory lives for a year in most releases, and after
 * that it cannot talk to itself. 300 to 329 by the host's name, so that no two masters go at once, and an old one stays ahead of the end.
 */
function runtimeDays(host: Host): number {
  return 300 + (createHash('sha256').update(host.name).digest().readUInt32BE() % 30);
}

function restartInputs(inventory: Inventory): readonly string[] {
  return [
    kubePki.ca,
    kubePki.etcdCa,
    kubePki.frontProxyCa,
    kubePki.serviceAccountKey,
    kubePki.serviceAccountPub,
    ...(inventory.cluster.encryptionAtRest ? [kubeFiles.encryption] : []),
    ...(inventory.cluster.bootstrap === 'token-file' ? [kubeFiles.tokens] : []),
  ];
}

function apiserverFlags(inventory: Inventory, host: Host, authentication: string | undefined): Flags {
  const { cluster } = inventory;
  const { apiserver, apiserverClient } = certificateSources;
  const flags = {
    'advertise-address': keyed(host.address, 'hosts[].address'),
    ...(hasIPv6(cluster.network) ? { 'bind-address': keyed('::', 'cluster.network.podCIDR') } : {}),
    'secure-port': keyed(String(cluster.apiserverPort), 'cluster.apiserver.port'),
    'allow-privileged': chosen('true', 'networks and storage run as privileged pods; who may is for admission to say'),
    profiling: chosen('false', 'profiles of a production process are for nobody, and the CIS benchmark says so'),
    'endpoint-reconciler-type': chosen('lease', 'a master that is gone leaves the Service of the apiserver by itself'),
    'service-cluster-ip-range': keyed(cluster.network.serviceCIDRs.join(','), 'cluster.network.serviceCIDR'),
    'service-node-port-range': keyed(cluster.network.nodePortRange, 'cluster.network.nodePortRange'),
    'tls-cert-file': chosen(kubePki.apiserverCert, apiserver),
    'tls-private-key-file': chosen(kubePki.apiserverKey, apiserver),
    'client-ca-file': chosen(kubePki.ca, 'who has a certificate of this authority is who it says'),
    ...(authentication === undefined
      ? { 'anonymous-auth': forRelease('false', 'nobody unknown is let in; this release cannot limit that to paths') }
      : {
          'authentication-config': forRelease(
            authentication,
            'nobody unknown is let in but to the health paths, which this release can say in a file',
          ),
        }),
    ...(cluster.bootstrap === 'token-file'
      ? { 'token-auth-file': keyed(kubeFiles.tokens, 'cluster.bootstrap') }
      : { 'enable-bootstrap-token-auth': keyed('true', 'cluster.bootstrap') }),
    'authorization-mode': chosen('Node,RBAC', 'a kubelet may only touch what is of its own node'),
    'enable-admission-plugins': chosen('NodeRestriction', 'a kubelet may only touch what is of its own node'),
    'service-account-issuer': keyed(
      `https://kubernetes.default.svc.${cluster.network.dnsDomain}`,
      'cluster.network.dnsDomain',
    ),
    'service-account-key-file': chosen(
      kubePki.serviceAccountPub,
      'tokens of service accounts have a key pair of their own',
    ),
    'service-account-signing-key-file': chosen(
      kubePki.serviceAccountKey,
      'tokens of service accounts have a key pair of their own',
    ),
    'etcd-servers': keyed(etcdEndpoints(inventory), 'hosts'),
    'etcd-cafile': chosen(kubePki.etcdCa, apiserverClient),
    'etcd-certfile': chosen(kubePki.etcdClientCert, apiserverClient),
    'etcd-keyfile': chosen(kubePki.etcdClientKey, apiserverClient),
    ...(cluster.encryptionAtRest
      ? { 'encryption-provider-config': keyed(kubeFiles.encryption, 'cluster.apiserver.encryptionAtRest') }
      : {}),
    'kubelet-certificate-authority': chosen(kubePki.ca, "kubelets' serving certificates are checked"),
    'kubelet-client-certificate': chosen(kubePki.kubeletClientCert, apiserverClient),
    'kubelet-client-key': chosen(kubePki.kubeletClientKey, apiserverClient),
    'kubelet-preferred-address-types': chosen(
      'InternalIP,ExternalIP,Hostname',
      'names of hosts need not be in any DNS',
    ),
    ...shutdownFlags(inventory),
    ...aggregationFlags,
    ...(cluster.audit ? auditFlags : {}),
  };
  return withExtraArgs(flags, host, 'apiserver');
}

const certificateSources = {
  apiserver: 'where k8sup puts the certificate of this apiserver',
  apiserverClient: 'where k8sup puts the certificate by which this apiserver is known there',
};

const aggregation = 'servers behind the aggregation layer know the apiserver, and the user, by it';
const aggregationFlags: Flags = {
  'requestheader-client-ca-file': chosen(kubePki.frontProxyCa, aggregation),
  'requestheader-allowed-names': chosen('front-proxy-client', aggregation),
  'requestheader-extra-headers-prefix': chosen('X-Remote-Extra-', aggregation),
  'requestheader-group-headers': chosen('X-Remote-Group', aggregation),
  'requestheader-username-headers': chosen('X-Remote-User', aggregation),
  'proxy-client-cert-file': chosen(kubePki.frontProxyCert, aggregation),
  'proxy-client-key-file': chosen(kubePki.frontProxyKey, aggregation),
  'enable-aggregator-routing': chosen(
    'true',
    'aggregated servers are reached by endpoint, so that the apiserver depends on no kube-proxy beside it',
  ),
};

const auditFlags: Flags = {
  'audit-policy-file': keyed(kubeFiles.auditPolicy, 'cluster.apiserver.audit'),
  'audit-log-path': keyed(`${kubeFiles.logs}/audit.log`, 'cluster.apiserver.audit'),
  'audit-log-maxage': chosen('30', 'days; a bound, so that the log never fills the disk'),
  'audit-log-maxbackup': chosen('10', 'files; a bound, so that the log never fills the disk'),
  'audit-log-maxsize': chosen('100', 'MiB a file; a bound, so that the log never fills the disk'),
};
