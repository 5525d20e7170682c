import { stringify } from 'yaml';
import type { Role } from '../inventory/model.ts';
import type { InventoryInput } from '../inventory/schema.ts';
import { imageNames, labImagePaths, type LabImages } from './images/names.ts';
import { labFiles, labHosts, netnsPath, opsUser } from './model.ts';
import { wrapperPath } from './runc-wrapper.ts';
import type { LabNetwork } from './topology.ts';

export type LabProfile = 'newest' | 'classic';

export interface LabInventoryOptions {
  readonly lab: string;
  readonly hosts: number;
  /** Default one subnet. */
  readonly network?: LabNetwork;
  /** Folder with the lab's key and known_hosts. */
  readonly dir: string;
  readonly profile: LabProfile;
  /** By host name; a host that is not in it has the profile's roles. */
  readonly roles?: Readonly<Record<string, readonly Role[]>>;
  /** Name of the cluster; default that of the lab. */
  readonly cluster?: string;
  /** Image tarballs; default where `labImages` puts them. */
  readonly images?: LabImages;
  readonly artifacts?: NonNullable<InventoryInput['cluster']['artifacts']>;
}

/** What the profiles differ in. */
const profiles = {
  newest: {
    kubernetes: '1.36.3',
    runtime: 'containerd',
    bootstrap: 'token-secret',
    backend: 'vxlan',
    proxy: 'nftables',
    coredns: '1.15.0',
  },
  classic: {
    kubernetes: '1.20.15',
    runtime: 'docker',
    bootstrap: 'token-file',
    backend: 'host-gw',
    proxy: 'iptables',
    coredns: '1.10.1',
  },
} as const;

/** CoreDNS version of a profile: the one whose image {@link labInventory} names. */
export function labCorednsVersion(profile: LabProfile): string {
  return profiles[profile].coredns;
}

/** Pod network of a profile, for people. */
export function labNetwork(profile: LabProfile): string {
  return `flannel, ${profiles[profile].backend}`;
}

/** Text of the inventory for a lab. Everything that is there only because the hosts are a lab's stands under `extraConfig`. Pure. */
export function labInventory(options: LabInventoryOptions): string {
  const header = `# Lab "${options.lab}", profile ${options.profile}. Try:  k8sup apply inventory.yaml\n`;
  return header + stringify(labInventoryInput(options), { lineWidth: 0, compat: 'yaml-1.1' });
}

/** The same as {@link labInventory}, as data. */
export function labInventoryInput(options: LabInventoryOptions): InventoryInput {
  const files = labFiles(options.dir);
  return {
    cluster: cluster(options),
    ssh: {
      privateKey: files.privateKey,
      knownHosts: files.knownHosts,
      proxyCommand: `nsenter --net=${netnsPath(options.lab)} socat - TCP:%h:%p`,
    },
    hosts: labHosts(options.lab, options.hosts, options.network).map(({ name, address }, index) => ({
      name,
      address,
      roles: [...(options.roles?.[name] ?? defaultRoles(options, index))],
      // One host is reached as a user with sudo, so that this way is used as much as root's.
      ...(options.profile === 'newest' && index === 1 ? { ssh: { user: opsUser } } : {}),
    })),
  };
}

function cluster(options: LabInventoryOptions): InventoryInput['cluster'] {
  const profile = profiles[options.profile];
  const images = options.images ?? labImagePaths(profile.coredns);
  return {
    name: options.cluster ?? options.lab,
    kubernetesVersion: profile.kubernetes,
    bootstrap: profile.bootstrap,
    network: { plugin: 'flannel', flannel: { backend: profile.backend } },
    runtime: {
      type: profile.runtime,
      sandboxImage: imageNames.pause,
      images: [images.pause, images.coredns, images.busybox],
      ...labRuntime[profile.runtime],
    },
    kubeProxy: {
      mode: profile.proxy,
      // The kernel's own limit cannot be written from a network namespace.
      extraConfig: { conntrack: { maxPerCore: 0, min: 0 } },
    },
    coredns: { version: profile.coredns },
    images: { coredns: imageNames.coredns(profile.coredns), verify: imageNames.busybox },
    ...(options.artifacts === undefined ? {} : { artifacts: options.artifacts }),
  };
}

/** Points each runtime to the wrapper before runc; containerd also leaves scores alone that the sandbox refuses. */
const labRuntime = {
  containerd: {
    containerd: {
      extraConfig: {
        plugins: {
          'io.containerd.cri.v1.runtime': {
            restrict_oom_score_adj: true,
            containerd: { runtimes: { runc: { options: { BinaryName: wrapperPath } } } },
          },
        },
      },
    },
  },
  docker: {
    docker: { extraConfig: { runtimes: { 'k8sup-lab': { path: wrapperPath } }, 'default-runtime': 'k8sup-lab' } },
  },
};

/** An odd number of etcd members, as an even one is refused: the last host of an even lab has none. */
function defaultRoles(options: LabInventoryOptions, index: number): readonly Role[] {
  const members =
    options.profile === 'classic' ? 1 : Math.min(options.hosts % 2 === 0 ? options.hosts - 1 : options.hosts, 5);
  return [...(index < members ? ['etcd' as const] : []), ...(index === 0 ? ['master' as const] : []), 'node'];
}
