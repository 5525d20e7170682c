import { describe, expect, test } from 'vitest';
import type { Component } from '../../../src/components/component.ts';
import { kubeApiserver } from '../../../src/components/apiserver/apiserver.ts';
import { containerd } from '../../../src/components/containerd/containerd.ts';
import { kubeControllerManager } from '../../../src/components/controller-manager/controller-manager.ts';
import { criDockerd } from '../../../src/components/docker/cri-dockerd.ts';
import { csrApprover } from '../../../src/components/csr-approver/csr-approver.ts';
import { docker } from '../../../src/components/docker/docker.ts';
import { etcd } from '../../../src/components/etcd/etcd.ts';
import { kubeProxy } from '../../../src/components/kube-proxy/kube-proxy.ts';
import { kubelet } from '../../../src/components/kubelet/kubelet.ts';
import { kubeScheduler } from '../../../src/components/scheduler/scheduler.ts';
import { inventoryJsonSchema } from '../../../src/inventory/reference.ts';
import { flannel } from '../../../src/network/flannel/flannel.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import type { Source } from '../../../src/resources/define.ts';
import { classic, flagsOf, hostOf, inventoryOf, labFacts, newest } from './fixture.ts';

const containerHosts = inventoryOf(`
cluster: { name: c }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, container] }
`);

/** Every component, on a host of each profile. */
const all: readonly (readonly [string, Component])[] = [
  ...Object.entries({ newest, classic }).flatMap(([profile, inventory]) => {
    const host = hostOf(inventory, 'h1');
    const makers = {
      etcd,
      kubeApiserver,
      kubeControllerManager,
      kubeScheduler,
      csrApprover,
      kubelet,
      kubeProxy,
      containerd,
      docker,
      criDockerd,
    };
    const made = Object.entries(makers).map(
      ([name, make]) => [`${profile} ${name}`, make(inventory, host, labFacts)] as const,
    );
    const flanneld = flannel.component({ inventory, host, facts: labFacts, podCIDRs: {} });
    return flanneld === undefined ? made : [...made, [`${profile} flanneld`, flanneld] as const];
  }),
  ...['flanneld of containers'].flatMap((name) => {
    const host = hostOf(containerHosts, 'h1');
    const flanneld = flannel.component({ inventory: containerHosts, host, facts: labFacts, podCIDRs: {} });
    return flanneld === undefined ? [] : [[name, flanneld] as const];
  }),
];

describe.each(all)('%s', (_name, { text, explanation, files, interrupts }) => {
  test('explains just the flags that its process gets', () => {
    const explained = Object.entries(explanation.flags).map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(explained)).toEqual(flagsOf(text));
  });

  test('explains files that it writes, each field with its source', () => {
    for (const { path, fields } of explanation.files) {
      expect(files.map((file) => file.path)).toContain(path);
      expect(Object.keys(fields).length).toBeGreaterThan(0);
    }
  });

  test('names keys that the inventory has', () => {
    expect(keysOf(explanation).filter((key) => !isKey(key))).toEqual([]);
  });

  test('says what a restart of it interrupts', () => {
    expect(interrupts).toMatch(/^[a-z].*[^.]$/);
  });
});

test('a key that the inventory does not have is seen as such', () => {
  expect(isKey('cluster.apiserver.prot')).toBe(false);
});

test('a flag follows the key that it names', () => {
  const flag = (more: string): string | undefined => {
    const inventory = inventoryOf(`
cluster: { name: one, kubelet: { rootDir: /srv/kubelet }, apiserver: { port: 7443 }${more} }
hosts: [{ name: h1, address: 192.0.2.11 }]`);
    const made = kubeApiserver(inventory, hostOf(inventory, 'h1'), labFacts).explanation.flags;
    return `${made['secure-port']?.value ?? ''} ${made['service-node-port-range']?.value ?? ''}`;
  };
  expect(flag('')).toBe('7443 30000-32767');
  expect(flag(', network: { nodePortRange: 30000-30100 }')).toBe('7443 30000-30100');
});

function keysOf(explanation: Component['explanation']): readonly string[] {
  const settings = [explanation.flags, ...explanation.files.map(({ fields }) => fields)].flatMap((one) =>
    Object.values(one),
  );
  return settings.flatMap(({ source }: { source: Source }) => (source.from === 'inventory' ? [source.key] : []));
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

function isKey(key: string): boolean {
  const root = JSON.parse(inventoryJsonSchema(networkPlugins)) as Schema;
  const resolve = (schema: Schema): readonly Schema[] => {
    const name = schema.$ref?.split('/').at(-1);
    const target = name === undefined ? schema : (root.$defs?.[name] ?? {});
    return [target, ...(target.anyOf ?? []).flatMap(resolve)];
  };
  let nodes: readonly Schema[] = resolve(root);
  for (const part of key.split('.')) {
    const [name = '', list] = part.split('[');
    nodes = nodes.flatMap(({ properties }) => (properties?.[name] === undefined ? [] : resolve(properties[name])));
    if (list !== undefined) nodes = nodes.flatMap(({ items }) => (items === undefined ? [] : resolve(items)));
  }
  return nodes.length > 0;
}
