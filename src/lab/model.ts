import { join, resolve } from 'node:path';
import { address6, plainNetwork, secondAddress, type LabNetwork } from './topology.ts';

/** Where every lab of this machine keeps its record, its hosts' disks and their consoles. */
export const labsRoot = '/var/lib/k8sup-lab';
/** User of every lab host who is not root but has sudo without a password. */
export const opsUser = 'ops';
export const defaultLabName = 'lab';
export const maxHosts = 50;

/** Container storage and databases: plain directories, as they must not sit on an overlay. */
export const dataDirectories = ['/var/lib/docker', '/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd'] as const;

/** Something that runs by a script `boot.sh` in a folder of its own. */
export interface Supervised {
  /** Absolute folder on this machine with its script, console and process ids. */
  readonly directory: string;
}

export interface LabHost extends Supervised {
  /** `h1`, `h2` …: the host name inside. */
  readonly name: string;
  readonly address: string;
  readonly address6?: string;
  /** Of its second interface. */
  readonly secondAddress?: string;
  /** Number of its subnet, from 0. */
  readonly subnet: number;
  /** nspawn's name for it, unique over all labs of the machine. */
  readonly machine: string;
}

/** What a command on the lab gets besides its own options. */
export interface LabContext {
  readonly signal: AbortSignal;
  /** Receives short texts about what is being done. */
  readonly progress: (text: string) => void;
}

export function labDirectory(name: string): string {
  return join(labsRoot, name);
}

/** `h1` to `hN`, whose addresses end in .11 and up; labs do not see each other, so all of them use the same ones. */
export function labHosts(name: string, count: number, network: LabNetwork = plainNetwork): readonly LabHost[] {
  return Array.from({ length: count }, (_, index) => {
    const host = `h${index + 1}`;
    const subnet = index % network.subnets;
    return {
      name: host,
      address: `10.88.${subnet}.${index + 11}`,
      ...(network.ipv6 ? { address6: address6(subnet, index + 11) } : {}),
      ...(network.secondInterface ? { secondAddress: secondAddress(index + 11) } : {}),
      subnet,
      machine: `${name}-${host}`,
      directory: join(labDirectory(name), host),
    };
  });
}

/** Folder of what advertises the lab's router. */
export function routerDirectory(lab: string): string {
  return join(labDirectory(lab), 'router');
}

export function netnsName(lab: string): string {
  return `k8sup-${lab}`;
}

export function netnsPath(lab: string): string {
  return `/run/netns/${netnsName(lab)}`;
}

/** The overlay mount that a host boots from. */
export function hostRoot(host: LabHost): string {
  return join(host.directory, 'root');
}

/** The plain folder behind one of {@link dataDirectories}. */
export function dataDirectory(host: LabHost, path: string): string {
  return join(host.directory, `data${path.replaceAll('/', '-')}`);
}

/** Files a lab writes into the folder the user named. */
export interface LabFiles {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly knownHosts: string;
  readonly inventory: string;
}

export function labFiles(dir: string): LabFiles {
  const at = (name: string) => join(resolve(dir), name);
  return {
    privateKey: at('id_ed25519'),
    publicKey: at('id_ed25519.pub'),
    knownHosts: at('known_hosts'),
    inventory: at('inventory.yaml'),
  };
}
