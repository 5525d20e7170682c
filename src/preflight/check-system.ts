import { runsKubelet } from '../inventory/model.ts';
import { kubernetesMinor, releaseHas } from '../inventory/releases.ts';
import { diskNeeds } from '../host/facts/index.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { provedSystems } from '../inventory/support.ts';
import { timeKeeper } from '../resources/time-sync.ts';
import { isOurs } from './host-check.ts';
import type { HostCheck } from './host-check.ts';

type Found = ReturnType<HostCheck>;

const minimumMiB = { master: 1024, other: 512 } as const;
/** Journals, notify units and delegation as used here are all in what Debian 9 and CentOS 7.9's successors ship. */
const oldestSystemd = 232;

/** Operating system, architecture, systemd, memory, disk, cgroups, time and containers. */
export const checkSystem: HostCheck = (inventory, host, facts) => [
  ...operatingSystem(facts),
  ...architecture(facts),
  ...systemd(facts),
  ...memory(host, facts),
  ...disk(inventory, host, facts),
  ...cgroups(inventory, host, facts),
  ...time(facts),
  ...container(facts),
];

/** What a system must have is asked for by the other checks; its name alone is no reason to refuse it. */
function operatingSystem({ os }: Facts): Found {
  if (provedSystems.includes(os)) return [];
  return [
    warning(
      'OS_NOT_PROVED',
      `it runs ${os === '' ? 'an operating system without a name' : os}`,
      `k8sup is run on ${provedSystems.join(', ')}; others are set up by the same rules, but were not run`,
      'try it on a host that nobody needs first',
    ),
  ];
}

function architecture({ architecture: found }: Facts): Found {
  if (typeof found === 'string') return [];
  return [
    problem(
      'ARCHITECTURE_UNSUPPORTED',
      `its processor is ${found.unsupported}`,
      'there are binaries for amd64 and arm64',
      'take the host out of the inventory',
    ),
  ];
}

function systemd({ systemdVersion }: Facts): Found {
  if (systemdVersion === undefined)
    return [
      problem(
        'NO_SYSTEMD',
        'systemd does not run it',
        'components are systemd units',
        'use a distribution with systemd',
      ),
    ];
  if (systemdVersion >= oldestSystemd) return [];
  return [
    problem(
      'SYSTEMD_TOO_OLD',
      `systemd ${systemdVersion} is too old`,
      `${oldestSystemd} or newer is needed`,
      'upgrade the operating system',
    ),
  ];
}

function memory(host: Host, { memoryMiB }: Facts): Found {
  const needed = host.roles.has('master') ? minimumMiB.master : minimumMiB.other;
  if (memoryMiB >= needed) return [];
  return [
    problem(
      'TOO_LITTLE_MEMORY',
      `it has ${memoryMiB} MiB of memory`,
      `${[...host.roles].join(' and ')} need ${needed} MiB`,
      'give the host more memory, or fewer roles',
    ),
  ];
}

/** Needs of paths on one file system add up. A host that is ours has most of it already. */
function disk(inventory: Inventory, host: Host, facts: Facts): Found {
  if (isOurs(inventory, facts)) return [];
  const byMount = new Map<string, { needed: number; free: number; for: string[] }>();
  for (const { path, mib, purpose } of diskNeeds(inventory, host)) {
    const mount = facts.mountOf[path] ?? path;
    const entry = byMount.get(mount) ?? { needed: 0, free: facts.freeMiB[path] ?? Infinity, for: [] };
    byMount.set(mount, {
      needed: entry.needed + mib,
      free: Math.min(entry.free, facts.freeMiB[path] ?? Infinity),
      for: [...entry.for, `${path} (${purpose})`],
    });
  }
  return [...byMount].flatMap(([mount, { needed, free, for: paths }]) =>
    free >= needed
      ? []
      : [
          problem(
            'TOO_LITTLE_DISK',
            `${mount} has ${free} MiB free`,
            `${needed} MiB are needed there for ${paths.join(', ')}`,
            'free some space, or point the data directories of the inventory elsewhere',
          ),
        ],
  );
}

/** In maintenance from Kubernetes 1.31; from 1.35 a kubelet refuses it unless told not to, as k8sup does (https://kep.k8s.io/4569, https://kep.k8s.io/5573). */
function cgroups({ cluster }: Inventory, host: Host, { cgroupVersion }: Facts): Found {
  const { kubernetes } = cluster.versions;
  if (cgroupVersion === 2 || !runsKubelet(host) || !releaseHas(kubernetes, 'failCgroupV1Field')) return [];
  const own = host.extras.kubelet.extraConfig['failCgroupV1'];
  if (own === true || (own === null && kubernetesMinor(kubernetes) >= 35)) {
    return [
      problem(
        'CGROUP_V1_REFUSED',
        'it has cgroup v1, and its kubelet is told to refuse that',
        'kubelet.extraConfig.failCgroupV1 says so',
        'boot with systemd.unified_cgroup_hierarchy=1, or take failCgroupV1 out',
      ),
    ];
  }
  return [
    warning(
      'CGROUP_V1_DEPRECATED',
      'it has cgroup v1',
      `Kubernetes ${kubernetes} still runs on it, but a later release will not`,
      'boot with systemd.unified_cgroup_hierarchy=1',
    ),
  ];
}

function time(facts: Facts): Found {
  if (facts.container || timeKeeper(facts) !== 'masked') return [];
  return [
    warning(
      'TIME_NOT_KEPT',
      'all units that could keep its clock are masked',
      'k8sup leaves that so, and the time servers of the inventory have no effect here',
      'see that something else keeps the clock right, or unmask one of the units',
    ),
  ];
}

function container(facts: Facts): Found {
  if (facts.containerKind === undefined) return [];
  return [
    warning(
      'CONTAINER',
      `it is a container (${facts.containerKind})`,
      'its machine keeps swap, time and kernel modules: k8sup leaves them alone here, and kube-proxy sets no conntrack limits',
      'see to them on the machine',
    ),
  ];
}

function warning(code: string, what: string, why: string, fix: string): Found[number] {
  return { code, what, why, fix, severity: 'warning' };
}

function problem(code: string, what: string, why: string, fix: string): Found[number] {
  return { code, what, why, fix, severity: 'error' };
}
