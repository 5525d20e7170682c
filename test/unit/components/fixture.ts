import type { Facts } from '../../../src/host/facts/model.ts';
import { checkInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import type { Extras, Host, Inventory } from '../../../src/inventory/model.ts';
import type { ComponentName } from '../../../src/inventory/model.ts';
import type { Component, ComponentFile } from '../../../src/components/component.ts';

/** Three hosts: etcd on all, one master that is a node too. */
export const newest = inventoryOf(`
cluster:
  name: newest
  kubernetesVersion: 1.36.3
  network: { plugin: flannel }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master, node] }
  - { name: h2, address: 10.88.0.12, roles: [etcd, node] }
  - { name: h3, address: 10.88.0.13, roles: [etcd, node] }
`);

/** Two hosts: all roles on the first. */
export const classic = inventoryOf(`
cluster:
  name: classic
  kubernetesVersion: 1.20.15
  bootstrap: token-file
  network: { plugin: flannel, flannel: { backend: host-gw } }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master, node] }
  - { name: h2, address: 10.88.0.12, roles: [node] }
`);

/** The three hosts with another network, written as a YAML flow map. */
export function networkOf(network: string, more = ''): Inventory {
  return inventoryOf(`
cluster: { name: newest, network: ${network}${more} }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master, node] }
  - { name: h2, address: 10.88.0.12, roles: [etcd, node] }
  - { name: h3, address: 10.88.0.13, roles: [etcd, node] }
`);
}

/** @throws Error with what is wrong, for fixtures. */
export function inventoryOf(text: string): Inventory {
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  if ('inventory' in checked) return checked.inventory;
  throw new Error(checked.problems.map((problem) => `${problem.code} ${problem.message}`).join('\n'));
}

const resolved = { file: '/run/systemd/resolve/resolv.conf', nameservers: ['192.0.2.53'] };

/** A plain virtual machine with cgroup v2 and systemd-resolved; of a host's many facts these are all that components read. */
export function factsOf(changes: Partial<Facts> = {}): Facts {
  const read: Partial<Facts> = {
    addresses: [],
    links: {},
    container: false,
    cgroupVersion: 2,
    systemdCgroups: true,
    resolver: resolved,
  };
  return { ...read, ...changes } as Facts;
}

/** A machine of the lab on a kernel with cgroup v1. */
export const labFacts = factsOf({
  container: true,
  cgroupVersion: 1,
  systemdCgroups: false,
  resolver: { file: '/etc/resolv.conf', nameservers: ['192.0.2.53'] },
});

export function hostOf(inventory: Inventory, name: string): Host {
  const host = inventory.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

/** The host with a component's extras replaced. */
export function withExtras(host: Host, component: ComponentName, extras: Partial<Extras>): Host {
  const merged = { extraArgs: {}, extraConfig: {}, ...extras };
  return { ...host, extras: { ...host.extras, [component]: merged } };
}

export function fileOf(component: Component, path: string): ComponentFile {
  const file = component.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`no ${path} among ${component.files.map((one) => one.path).join(', ')}`);
  return file;
}

/** The flags of a unit's ExecStart, by name. */
export function flagsOf(text: string): Readonly<Record<string, string>> {
  const start = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? '';
  const words = start.split(/\s*\\\n\s*/).slice(1);
  return Object.fromEntries(
    words.map((word): [string, string] => {
      const [, name = word, value = ''] = /^"?--([^=]+)=(.*?)"?$/.exec(word) ?? [];
      return [name, value];
    }),
  );
}
