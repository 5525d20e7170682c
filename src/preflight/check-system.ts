import { diskNeeds } from '../host/facts/index.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { isOurs } from './host-check.ts';
import type { HostCheck } from './host-check.ts';

type Found = ReturnType<HostCheck>;

const minimumMiB = { master: 1024, other: 512 } as const;
/** Journals, notify units and delegation as used here are all in what Debian 9 and CentOS 7.9's successors ship. */
const oldestSystemd = 232;

/** Architecture, systemd, memory, disk, cgroups and containers. */
export const checkSystem: HostCheck = (inventory, host, facts) => [
  ...architecture(facts),
  ...systemd(facts),
  ...memory(host, facts),
  ...disk(inventory, host, facts),
  ...container(facts),
];

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

function container(facts: Facts): Found {
  if (!facts.container) return [];
  return [
    {
      code: 'CONTAINER',
      what: `it is a container (${facts.virtualization})`,
      why: 'its machine keeps swap, time and kernel modules: k8sup leaves them alone here, and kube-proxy sets no conntrack limits',
      fix: 'see to them on the machine',
      severity: 'warning',
    },
  ];
}

function problem(code: string, what: string, why: string, fix: string): Found[number] {
  return { code, what, why, fix, severity: 'error' };
}
