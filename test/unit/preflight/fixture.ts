import type { Facts } from '../../../src/host/facts/model.ts';
import { kernelParts } from '../../../src/host/facts/kernel-parts.ts';
import { programPackages } from '../../../src/host/facts/programs.ts';

/** A plain virtual machine on which nothing is in the way. */
export const goodFacts: Facts = {
  architecture: 'amd64',
  os: 'debian 12',
  kernel: '6.1.0-30-amd64',
  systemdVersion: 252,
  hostName: 'h1',
  machineId: 'machine-of-h1',
  bootId: 'boot',
  containerKind: undefined,
  container: false,
  cgroupVersion: 2,
  systemdCgroups: true,
  cpus: 2,
  memoryMiB: 4096,
  freeMiB: {},
  mountOf: {},
  clockMs: 1_000_000,
  controllerClockMs: 1_000_000,
  addresses: [
    { interface: 'lo', cidr: '127.0.0.1/8' },
    { interface: 'eth0', cidr: '192.0.2.11/24' },
  ],
  links: { lo: 65536, eth0: 1500 },
  ipv6: 'on',
  routerAdvertised: [],
  routes: [{ cidr: '192.0.2.0/24', interface: 'eth0' }],
  defaultInterface: 'eth0',
  listeners: [],
  features: new Set([...kernelParts.map(({ module }) => module), 'cgroup:cpu', 'cgroup:memory', 'cgroup:pids']),
  unknownFeatures: new Set(),
  loadableModules: new Set(['br_netfilter', 'overlay', 'vxlan']),
  iptablesBackend: 'nft',
  programs: new Set([...programPackages.map(({ program }) => program), 'apt-get']),
  swap: [],
  selinux: 'absent',
  firewalls: [],
  firewall: undefined,
  ruleLoaders: [],
  resolver: { file: '/etc/resolv.conf', nameservers: ['192.0.2.53'] },
  units: { 'systemd-timesyncd.service': { active: 'active', enabled: 'enabled', file: '' } },
  runningContainers: {},
  remains: [],
  foreignCNIConfigs: [],
  filledDirectories: {},
  clusterId: undefined,
  clusterName: undefined,
  zstd: true,
};

/** The same host where cluster `one` was applied before. */
export const ours: Partial<Facts> = { clusterId: 'id-1', clusterName: 'one' };
