import semver from 'semver';
import type { Inventory } from './model.ts';
import { formatPath } from './path.ts';
import type { Path } from './path.ts';
import type { Problem } from './problem.ts';
import { recordOf } from './record.ts';
import type { RecordedSettings } from './record.ts';

export { parseRecord, recordOf } from './record.ts';
export type { RecordedSettings } from './record.ts';

/** The edits since `before` that a living cluster would not survive, each at its place in the new inventory; pure. */
export function unsafeChanges(before: RecordedSettings, after: Inventory): readonly Problem[] {
  const now = recordOf(after);
  const edits = [...settingEdits(before, now), ...etcdEdits(before, now), ...hostEdits(before, now)];
  return edits.map(({ what, path, message, fix }) => ({
    severity: 'error',
    code: `UNSAFE_CHANGE_${what}`,
    path: formatPath(path),
    position: after.document.position(path),
    message,
    fix: fix ?? 'take the edit back, or run k8sup clean and apply again',
  }));
}

interface Edit {
  /** End of the code. */
  readonly what: string;
  readonly path: Path;
  readonly message: string;
  readonly fix?: string;
}

interface Rule {
  readonly what: string;
  readonly path: Path;
  readonly name: string;
  readonly value: (record: RecordedSettings) => string | number;
  readonly reason: string;
}

const network = (key: string): Path => ['cluster', 'network', key];

/** Settings that must stay as they are on a living cluster; the README's table is made from this. */
export const unsafeSettings: readonly Rule[] = [
  {
    what: 'KUBERNETES_VERSION',
    path: ['cluster', 'kubernetesVersion'],
    name: 'the Kubernetes version',
    value: (r) => r.kubernetes,
    reason: 'upgrades need an order of components and skews that k8sup does not keep yet',
  },
  {
    what: 'POD_CIDR',
    path: network('podCIDR'),
    name: 'the pod CIDR',
    value: (r) => r.podCIDR,
    reason: 'nodes keep the part they were given, and running pods their addresses',
  },
  {
    what: 'SERVICE_CIDR',
    path: network('serviceCIDR'),
    name: 'the service CIDR',
    value: (r) => r.serviceCIDR,
    reason: "existing Services keep their addresses, the API server's own among them",
  },
  {
    what: 'NODE_MASK',
    path: network('nodeCIDRMaskSize'),
    name: 'the node mask',
    value: (r) => r.nodeCIDRMaskSize,
    reason: 'nodes keep the part they were given, and new parts would overlap them',
  },
  {
    what: 'DNS_IP',
    path: network('dnsIP'),
    name: 'the DNS address',
    value: (r) => r.dnsIP,
    reason: 'running pods have the old one in their resolv.conf',
  },
  {
    what: 'DNS_DOMAIN',
    path: network('dnsDomain'),
    name: "the cluster's domain",
    value: (r) => r.dnsDomain,
    reason: 'running pods search the old one, and certificates name it',
  },
  {
    what: 'PLUGIN',
    path: network('plugin'),
    name: 'the network plugin',
    value: (r) => r.plugin,
    reason: 'running pods would lose their network',
  },
  {
    what: 'RUNTIME',
    path: ['cluster', 'runtime', 'type'],
    name: 'the container runtime',
    value: (r) => r.runtime,
    reason: 'containers of the old one would go on unseen',
  },
  {
    what: 'CONTROL_PLANE_ENDPOINT',
    path: ['cluster', 'controlPlaneEndpoint'],
    name: 'the control plane endpoint',
    value: (r) => r.controlPlaneEndpoint,
    reason: 'kubelets that have joined keep the old one in their own kubeconfig',
  },
  {
    what: 'APISERVER_PORT',
    path: ['cluster', 'apiserver', 'port'],
    name: "the API server's port",
    value: (r) => r.apiserverPort,
    reason: 'kubelets that have joined keep the old one in their own kubeconfig',
  },
  {
    what: 'DATA_DIRECTORY',
    path: ['cluster', 'etcd', 'dataDir'],
    name: "etcd's data directory",
    value: (r) => r.directories.etcd,
    reason: 'members would start empty',
  },
  {
    what: 'DATA_DIRECTORY',
    path: ['cluster', 'kubelet', 'rootDir'],
    name: "kubelet's root directory",
    value: (r) => r.directories.kubelet,
    reason: 'volumes of running pods are mounted below the old one',
  },
  {
    what: 'ETCD_PORTS',
    path: ['cluster', 'etcd', 'clientPort'],
    name: "etcd's client port",
    value: (r) => r.etcd.clientPort,
    reason: 'API servers would lose the members that have moved',
  },
  {
    what: 'ETCD_PORTS',
    path: ['cluster', 'etcd', 'peerPort'],
    name: "etcd's peer port",
    value: (r) => r.etcd.peerPort,
    reason: 'members know each other by the old one',
  },
];

function settingEdits(before: RecordedSettings, now: RecordedSettings): readonly Edit[] {
  const edits: Edit[] = unsafeSettings
    .filter((rule) => rule.value(before) !== rule.value(now))
    .map(({ what, path, name, value, reason }) => ({
      what,
      path,
      message: `${name} cannot change from ${value(before)} to ${value(now)} on a living cluster: ${reason}`,
    }));
  // Another runtime has another data root of its own accord; that one edit is said once.
  if (before.runtime === now.runtime && before.directories.runtime !== now.directories.runtime) {
    const message = `the runtime's data root cannot change from ${before.directories.runtime} to ${now.directories.runtime} on a living cluster: running containers would be lost`;
    edits.push({ what: 'DATA_DIRECTORY', path: ['cluster', 'runtime', 'dataRoot'], message });
  }
  if (before.encryptionAtRest && !now.encryptionAtRest) {
    const message =
      'encryption at rest cannot be switched off on a living cluster: the Secrets written with it would be unreadable';
    edits.push({ what: 'ENCRYPTION', path: ['cluster', 'apiserver', 'encryptionAtRest'], message });
  }
  return edits;
}

function etcdEdits(before: RecordedSettings, now: RecordedSettings): readonly Edit[] {
  const sign = (record: RecordedSettings): string =>
    record.etcd.members
      .map(({ name, address }) => `${name} (${address})`)
      .sort()
      .join(', ');
  const edits: Edit[] = [];
  if (sign(before) !== sign(now)) {
    const message = `etcd's members cannot change from ${sign(before)} to ${sign(now)}: adding and removing members is not supported yet`;
    edits.push({ what: 'ETCD_MEMBERS', path: ['hosts'], message });
  }
  const [from, to] = [before.etcd.version, now.etcd.version];
  const sameMinor = semver.major(from) === semver.major(to) && semver.minor(from) === semver.minor(to);
  if (!sameMinor || semver.lt(to, from)) {
    const message = `etcd cannot change from ${from} to ${to} on a living cluster: only a newer patch release is safe`;
    edits.push({ what: 'ETCD_VERSION', path: ['cluster', 'etcd', 'version'], message });
  }
  return edits;
}

function hostEdits(before: RecordedSettings, now: RecordedSettings): readonly Edit[] {
  return before.hosts.flatMap((old): readonly Edit[] => {
    const index = now.hosts.findIndex((host) => host.name === old.name);
    const host = now.hosts[index];
    if (host === undefined) {
      const message = `${old.name} (${old.address}) was taken out, but it still runs its part of the cluster`;
      return [
        {
          what: 'HOST_REMOVED',
          path: ['hosts'],
          message,
          fix: 'put it back: taking a host off a cluster is not supported yet',
        },
      ];
    }
    const edits: Edit[] = [];
    if (host.address !== old.address) {
      const message = `the address of ${old.name} cannot change from ${old.address} to ${host.address}: certificates and its node hold the old one`;
      edits.push({ what: 'HOST_ADDRESS', path: ['hosts', index, 'address'], message });
    }
    // Membership of etcd has a rule and a code of its own.
    const lost = old.roles.filter((role) => role !== 'etcd' && !host.roles.includes(role));
    if (lost.length > 0) {
      const message = `${old.name} cannot lose the role ${lost.join(', ')}: what it runs for it would stay behind`;
      edits.push({ what: 'HOST_ROLES', path: ['hosts', index, 'roles'], message });
    }
    return edits;
  });
}
