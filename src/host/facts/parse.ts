import { readFirewall } from '../firewall/facts.ts';
import { judgeKernel, kernelParts } from './kernel-parts.ts';
import type { KernelFeatures } from './kernel-parts.ts';
import type { Facts } from './model.ts';
import {
  readAddresses,
  readDefaultInterface,
  readIPv6,
  readLinks,
  readListeners,
  readResolver,
  readRouterAdvertised,
  readRoutes,
} from './parse-network.ts';
import { readSections } from './sections.ts';
import type { Sections } from './sections.ts';
import { readFirewalls, readRemains, readUnits } from './parse-units.ts';
import { clusterMarkPath } from './script.ts';

/**
 * Makes facts of what the facts script printed.
 *
 * @param controllerClockMs - the controller's clock when the script's end was seen, in milliseconds since 1970.
 */
export function parseFacts(stdout: string, controllerClockMs: number): Facts {
  const read = readSections(stdout);
  const units = readUnits(read);
  const containerKind = read.value('values', 'container-kind');
  const [clusterId, ...clusterName] = (read.file(clusterMarkPath)[0] ?? '').split(' ');
  const programs = new Set(read.values('values', 'program'));
  const kernel = readKernel(read);
  return {
    ...readSystem(read),
    container: containerKind !== undefined,
    containerKind,
    ...readCgroups(read),
    ...readDisks(read),
    clockMs: readClock(read),
    controllerClockMs,
    addresses: readAddresses(read),
    links: readLinks(read),
    ipv6: readIPv6(read),
    routerAdvertised: readRouterAdvertised(read),
    routes: readRoutes(read),
    defaultInterface: readDefaultInterface(read),
    listeners: readListeners(read),
    features: new Set([...kernel.features, ...readControllers(read)]),
    unknownFeatures: kernel.unknown,
    loadableModules: kernel.loadable,
    iptablesBackend: readIptables(read),
    programs,
    swap: readSwap(read),
    selinux: readSelinux(read),
    ...readFirewalls(units),
    firewall: readFirewall(read),
    resolver: readResolver(read, units['systemd-resolved.service']?.active === 'active'),
    units,
    runningContainers: countBy(read.values('values', 'container')),
    remains: readRemains(read, units),
    foreignCNIConfigs: read.values('values', 'cni').filter((name) => !name.startsWith('10-k8sup.')),
    filledDirectories: Object.fromEntries(
      read.values('values', 'filled').map((line) => line.split('\t') as [string, string]),
    ),
    clusterId: clusterId === '' ? undefined : clusterId,
    clusterName: clusterName.length === 0 ? undefined : clusterName.join(' '),
    zstd: programs.has('zstd'),
  };
}

type System = Pick<
  Facts,
  'architecture' | 'os' | 'kernel' | 'systemdVersion' | 'hostName' | 'machineId' | 'bootId' | 'cpus' | 'memoryMiB'
>;

function readSystem(read: Sections): System {
  const machine = read.value('values', 'machine') ?? '';
  const systemd = /^systemd (\d+)/.exec(read.value('values', 'systemd') ?? '')?.[1];
  const memory = read.file('/proc/meminfo').find((line) => line.startsWith('MemTotal:'));
  return {
    architecture: architectures[machine] ?? { unsupported: machine },
    os: ['ID', 'VERSION_ID']
      .map((key) => assignment(read.file('/etc/os-release'), key))
      .filter((part) => part !== undefined)
      .join(' '),
    kernel: read.file('/proc/sys/kernel/osrelease')[0] ?? '',
    systemdVersion: systemd === undefined ? undefined : Number(systemd),
    hostName: read.file('/proc/sys/kernel/hostname')[0] ?? '',
    machineId: read.file('/etc/machine-id')[0] ?? '',
    bootId: read.file('/proc/sys/kernel/random/boot_id')[0] ?? '',
    cpus: Number(read.value('values', 'cpus') ?? 0),
    memoryMiB: Math.floor(Number(/\d+/.exec(memory ?? '')?.[0] ?? 0) / 1024),
  };
}

const architectures: Readonly<Record<string, 'amd64' | 'arm64'>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Value of `KEY=value` in a file of shell assignments, quotes taken off. */
function assignment(lines: readonly string[], key: string): string | undefined {
  const line = lines.find((candidate) => candidate.startsWith(`${key}=`));
  return line?.slice(key.length + 1).replace(/^(["'])(.*)\1$/, '$2');
}

function readCgroups(read: Sections): Pick<Facts, 'cgroupVersion' | 'systemdCgroups'> {
  if (read.value('values', 'cgroup') !== '2') {
    // systemd made slices in the controllers' own trees: it manages them, so units get the limits it is asked for.
    return { cgroupVersion: 1, systemdCgroups: read.value('values', 'systemdSlices') === 'yes' };
  }
  const controllers = readControllers(read);
  return {
    cgroupVersion: 2,
    systemdCgroups: ['cpu', 'memory', 'pids'].every((name) => controllers.includes(`cgroup:${name}`)),
  };
}

/** Controllers that a kubelet can use, as features `cgroup:NAME`. */
function readControllers(read: Sections): readonly string[] {
  const unified = read.file('/sys/fs/cgroup/cgroup.controllers')[0];
  const enabled = read
    .file('/proc/cgroups')
    .map((line) => line.split(/\s+/))
    .filter(([name, , , on]) => name?.startsWith('#') === false && on === '1')
    .map(([name]) => name ?? '');
  return (unified?.split(' ') ?? enabled).map((name) => `cgroup:${name}`);
}

function readDisks(read: Sections): Pick<Facts, 'freeMiB' | 'mountOf'> {
  const paths = read.values('disk', 'path');
  const rows = read
    .lines('df')
    .slice(1)
    .map((line) => /(\d+)\s+(-?\d+)\s+(-?\d+)\s+(\d+%|-)\s+(\/.*)$/.exec(line));
  const freeMiB: Record<string, number> = {};
  const mountOf: Record<string, string> = {};
  paths.forEach((path, index) => {
    const row = rows[index];
    // One row for each path, or none can be told apart.
    if (rows.length !== paths.length || row === null || row === undefined) return;
    freeMiB[path] = Math.floor(Number(row[3]) / 1024);
    mountOf[path] = row[5] ?? '/';
  });
  return { freeMiB, mountOf };
}

function readClock(read: Sections): number {
  const [seconds = '0', nanoseconds = ''] = (read.lines('clock')[0] ?? '').split(' ');
  // Not every `date` knows nanoseconds: the middle of the second is then the best guess.
  const milliseconds = /^\d{9}$/.test(nanoseconds) ? Math.floor(Number(nanoseconds) / 1e6) : 500;
  return Number(seconds) * 1000 + milliseconds;
}

function readKernel(read: Sections): KernelFeatures {
  const modules = (section: string): ReadonlySet<string> =>
    new Set(read.lines(section).map((line) => /([^/]+)\.ko$/.exec(line)?.[1] ?? ''));
  const present = new Set(read.values('kernel', 'present'));
  if (read.file('/proc/filesystems').some((line) => line.endsWith('\toverlay'))) present.add('overlay');
  const config = read.lines('config').map((line): [string, string] => {
    const [key = '', value = ''] = line.slice('CONFIG_'.length).split('=');
    return [key, value];
  });
  const known = new Set(kernelParts.map((part) => part.module));
  const named = (names: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...names].filter((name) => known.has(name)));
  const tree = read.value('kernel', 'tree') === 'yes';
  return judgeKernel({
    present,
    tree: tree ? { builtin: named(modules('builtin')), loadable: named(modules('loadable')) } : undefined,
    config: read.has('config') ? new Map(config) : undefined,
  });
}

function readIptables(read: Sections): Facts['iptablesBackend'] {
  const version = read.value('values', 'iptables');
  if (version === undefined) return undefined;
  return version.includes('nf_tables') ? 'nft' : 'legacy';
}

function readSwap(read: Sections): readonly string[] {
  return read
    .file('/proc/swaps')
    .slice(1)
    .map((line) => line.split(/\s/)[0] ?? '');
}

function readSelinux(read: Sections): Facts['selinux'] {
  const enforce = read.file('/sys/fs/selinux/enforce')[0];
  if (enforce !== undefined) return enforce === '1' ? 'enforcing' : 'permissive';
  return assignment(read.file('/etc/selinux/config'), 'SELINUX') === undefined ? 'absent' : 'disabled';
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
