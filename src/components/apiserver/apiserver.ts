import { createHash } from 'node:crypto';
import { hasIPv6, hostsWith } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { MakeComponent } from '../component.ts';
import { etcdEndpoints } from '../etcd/etcd.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeFiles, kubePki } from '../paths.ts';
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
        // their lease after ten seconds without it, so it must be back before. While it only delays its end it answers as ever.
        TimeoutStopSec: (releaseHas(cluster.versions.kubernetes, 'dockershim') ? 4 : 15) + delaySeconds(flags),
        RuntimeMaxSec: `${runtimeDays(host)}d`,
        LimitNOFILE: 65536,
        OOMScoreAdjust: -900,
      },
    }),
    files,
    directories: cluster.audit ? [{ path: kubeFiles.logs, mode: 0o700 }] : [],
    inputs,
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port'] ?? '6443'}/readyz?verbose`,
      // Any authenticated user may ask; without a certificate, releases that cannot limit anonymous requests to health refuse.
      tls: { ca: kubePki.ca, cert: kubePki.kubeletClientCert, key: kubePki.kubeletClientKey },
    }),
    healthTimeoutSeconds: 180,
  };
};

/**
 * For this long a stopping apiserver says that it is not ready, and still answers, so that the load balancer in front of several masters sends
 * nothing more to it. Not up to 1.23, whose apiservers are stopped fast.
 */
function delayFlags(inventory: Inventory): Flags {
  const delays =
    hostsWith(inventory, 'master').length > 1 && !releaseHas(inventory.cluster.versions.kubernetes, 'dockershim');
  return delays ? { 'shutdown-delay-duration': '10s' } : {};
}

/** Of a Go duration in minutes and seconds, which may be the user's own. */
function delaySeconds(flags: Flags): number {
  const [, minutes = 0, seconds = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(flags['shutdown-delay-duration'] ?? '') ?? [];
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
  const flags = {
    'advertise-address': host.address,
    ...(hasIPv6(cluster.network) ? { 'bind-address': '::' } : {}),
    'secure-port': String(cluster.apiserverPort),
    'allow-privileged': 'true',
    profiling: 'false',
    'endpoint-reconciler-type': 'lease',
    'service-cluster-ip-range': cluster.network.serviceCIDRs.join(','),
    'service-node-port-range': cluster.network.nodePortRange,
    'tls-cert-file': kubePki.apiserverCert,
    'tls-private-key-file': kubePki.apiserverKey,
    'client-ca-file': kubePki.ca,
    ...(authentication === undefined ? { 'anonymous-auth': 'false' } : { 'authentication-config': authentication }),
    ...(cluster.bootstrap === 'token-file'
      ? { 'token-auth-file': kubeFiles.tokens }
      : { 'enable-bootstrap-token-auth': 'true' }),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'service-account-issuer': `https://kubernetes.default.svc.${cluster.network.dnsDomain}`,
    'service-account-key-file': kubePki.serviceAccountPub,
    'service-account-signing-key-file': kubePki.serviceAccountKey,
    'etcd-servers': etcdEndpoints(inventory),
    'etcd-cafile': kubePki.etcdCa,
    'etcd-certfile': kubePki.etcdClientCert,
    'etcd-keyfile': kubePki.etcdClientKey,
    ...(cluster.encryptionAtRest ? { 'encryption-provider-config': kubeFiles.encryption } : {}),
    'kubelet-certificate-authority': kubePki.ca,
    'kubelet-client-certificate': kubePki.kubeletClientCert,
    'kubelet-client-key': kubePki.kubeletClientKey,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    ...delayFlags(inventory),
    ...aggregationFlags,
    ...(cluster.audit ? auditFlags : {}),
  };
  return withExtraArgs(flags, host, 'apiserver');
}

/** Aggregated servers are reached by endpoint, so that the apiserver depends on no kube-proxy beside it. */
const aggregationFlags: Flags = {
  'requestheader-client-ca-file': kubePki.frontProxyCa,
  'requestheader-allowed-names': 'front-proxy-client',
  'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
  'requestheader-group-headers': 'X-Remote-Group',
  'requestheader-username-headers': 'X-Remote-User',
  'proxy-client-cert-file': kubePki.frontProxyCert,
  'proxy-client-key-file': kubePki.frontProxyKey,
  'enable-aggregator-routing': 'true',
};

const auditFlags: Flags = {
  'audit-policy-file': kubeFiles.auditPolicy,
  'audit-log-path': `${kubeFiles.logs}/audit.log`,
  'audit-log-maxage': '30',
  'audit-log-maxbackup': '10',
  'audit-log-maxsize': '100',
};
