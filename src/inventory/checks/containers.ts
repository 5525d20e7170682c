import semver from 'semver';
import type { Draft, Report } from '../findings.ts';
import { kubeletRoles } from '../model.ts';
import { formatPath, valueAt } from '../path.ts';
import type { Path } from '../path.ts';
import { combinationOf } from '../resolve-cluster.ts';
import { rolesOf } from '../resolve.ts';

/** Hosts that run containers without Kubernetes: alone in their inventory, with Docker, and without settings of what is not there. */
export function checkContainers(draft: Draft, report: Report): void {
  if (draft.kubernetes) {
    refuseMixture(draft, report);
    return;
  }
  refuseContainerd(draft, report);
  checkDocker(draft, report);
  checkDockerExtras(draft, report);
  for (const path of kubernetesOnly) warnUnused(draft, path, report);
  for (const { index, host } of draft.hosts) {
    if (host.roles === undefined) reportNoRoles(index, report);
  }
}

/** A node runs containers already, by its kubelet, and flannel would lease it a second subnet beside its pod CIDR. */
function refuseMixture(draft: Draft, report: Report): void {
  for (const { index, host } of draft.hosts) {
    const own = rolesOf(host, draft.onlyHost);
    if (!own.has('container')) continue;
    const others = draft.hosts.filter((one) =>
      kubeletRoles.some((role) => rolesOf(one.host, draft.onlyHost).has(role)),
    );
    const message = `the role container is for inventories without Kubernetes, but ${others.map((one) => one.host.name).join(', ')} are to run it`;
    const fix = 'make this host a node, or write an inventory of its own for container hosts';
    report({ code: 'CONTAINER_HOST_MIXED', path: ['hosts', index, 'roles'], message, fix });
  }
}

function refuseContainerd({ cluster }: Draft, report: Report): void {
  if (cluster.runtime?.type !== 'containerd') return;
  const message =
    'without Kubernetes containers get their subnet from flannel by options of Docker; containerd has none';
  const path = ['cluster', 'runtime', 'type'];
  report({ code: 'CONTAINERS_NEED_DOCKER', path, message, fix: 'write type: docker, or leave it out' });
}

function checkDocker({ cluster }: Draft, report: Report): void {
  const { runtime, runtimeVersion } = combinationOf(cluster);
  if (runtime !== 'docker') return;
  if (semver.satisfies(runtimeVersion, '>=28.0.0 <28.2.0')) {
    report({
      code: 'DOCKER_BLOCKS_ROUTES',
      path: ['cluster', 'runtime', 'version'],
      message: `Docker ${runtimeVersion} drops packets that are routed to containers from other hosts, and has no option to allow them before 28.2`,
      fix: 'use Docker 28.2.0 or newer, or 27.5.1 or older',
    });
  }
  if (!semver.satisfies(runtimeVersion, `^${provedDocker}.0`)) {
    const message = `Docker ${runtimeVersion} on container hosts is rendered, but not proved: ${provedDocker} alone was run there`;
    const path = ['cluster', 'runtime', 'version'];
    report({ code: 'DOCKER_NOT_PROVED', severity: 'warning', path, message });
  }
  if (cluster.runtime?.liveRestore === true) {
    report({
      code: 'LIVE_RESTORE_KEEPS_SUBNET',
      path: ['cluster', 'runtime', 'liveRestore'],
      message: 'with live restore Docker keeps the old subnet for as long as a container runs, whatever flannel leases',
      fix: 'take it out',
    });
  }
}

/** Of the end-to-end tests' container hosts. */
const provedDocker = '20.10';

/** Options that flannel's lease sets, and one that takes its packets' way. */
const dockerFields: Readonly<Record<string, string>> = {
  bip: "Docker's address comes from flannel's lease",
  mtu: "the MTU comes from flannel's lease",
  'ip-masq': 'who masquerades is between flannel and Docker',
  bridge: 'flannel feeds docker0',
  'fixed-cidr': "addresses come from flannel's lease",
};

function checkDockerExtras(draft: Draft, report: Report): void {
  const places: readonly [Path, object | undefined][] = [
    [['cluster', 'runtime', 'docker', 'extraConfig'], draft.cluster.runtime?.docker?.extraConfig],
    ...draft.hosts.map(({ index, host }): [Path, object | undefined] => [
      ['hosts', index, 'docker', 'extraConfig'],
      host.docker?.extraConfig,
    ]),
  ];
  for (const [place, fields] of places) {
    for (const [field, reason] of Object.entries(dockerFields)) {
      if (fields === undefined || !Object.hasOwn(fields, field)) continue;
      const message = `${field} is set by k8sup on container hosts: ${reason}`;
      report({ code: 'SETTING_RESERVED', path: [...place, field], atKey: true, message, fix: 'take it out' });
    }
    if (valueAt(fields, ['firewall-backend']) === 'nftables') {
      const message = "Docker's nftables backend has no chain in which k8sup could let the flannel network pass";
      report({ code: 'DOCKER_FIREWALL_BACKEND', path: [...place, 'firewall-backend'], message, fix: 'use iptables' });
    }
  }
}

/** Left out, it would be a node. */
function reportNoRoles(index: number, report: Report): void {
  const message = 'beside container hosts each host says what it does';
  report({ code: 'ROLES_MISSING', path: ['hosts', index], message, fix: 'write roles: [container], or [etcd]' });
}

const kubernetesOnly: readonly Path[] = [
  ...[
    'kubernetesVersion',
    'controlPlaneEndpoint',
    'apiserver',
    'controllerManager',
    'scheduler',
    'kubelet',
    'kubeProxy',
    'coredns',
    'bootstrap',
  ].map((key) => ['cluster', key]),
  ...[
    'serviceCIDR',
    'nodeCIDRMaskSize',
    'nodePortRange',
    'dnsIP',
    'dnsDomain',
    'nonMasqueradeCIDRs',
    'cni',
    'cniPluginsVersion',
  ].map((key) => ['cluster', 'network', key]),
  ['cluster', 'runtime', 'runcVersion'],
  ['cluster', 'runtime', 'criDockerdVersion'],
  ['cluster', 'runtime', 'sandboxImage'],
  ['cluster', 'images', 'coredns'],
  ['cluster', 'certificates', 'nodeLifetime'],
];

function warnUnused({ cluster }: Draft, path: Path, report: Report): void {
  if (valueAt({ cluster }, path) === undefined) return;
  const message = `there is no Kubernetes in this inventory: ${formatPath(path)} has no effect`;
  report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
}
