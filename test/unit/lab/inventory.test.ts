import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { networkPlugins } from '../../../src/network/network.ts';
import { inventorySchemas, type InventoryInput } from '../../../src/inventory/schema.ts';
import { labInventory, labInventoryInput, type LabInventoryOptions } from '../../../src/lab/inventory.ts';

const images = { pause: '/c/pause.tar', busybox: '/c/busybox.tar', coredns: '/c/coredns.tar' };
const newest: LabInventoryOptions = { lab: 'demo', hosts: 3, dir: '/d', profile: 'newest', images };
const classic: LabInventoryOptions = { ...newest, hosts: 1, profile: 'classic' };

function rolesOf(options: LabInventoryOptions): readonly (readonly string[] | undefined)[] {
  return labInventoryInput(options).hosts.map((host) => host.roles);
}

/** The cluster without what users add to components of their own accord. */
function withoutExtras(cluster: InventoryInput['cluster']): string {
  return JSON.stringify(cluster, (key, value: unknown) => (key === 'extraConfig' ? undefined : value));
}

describe('labInventory', () => {
  it.each([newest, classic, { ...newest, hosts: 2 }])('writes what the inventory schema accepts (%#)', (options) => {
    const parsed = inventorySchemas(networkPlugins).inventory.safeParse(parse(labInventory(options)));
    expect(parsed.error?.issues).toBeUndefined();
    expect(parsed.data).toEqual(labInventoryInput(options));
  });

  it('reaches hosts through the namespace of the lab, one of them as a user with sudo', () => {
    const input = labInventoryInput(newest);
    expect(input.ssh).toEqual({
      privateKey: '/d/id_ed25519',
      knownHosts: '/d/known_hosts',
      proxyCommand: 'nsenter --net=/run/netns/k8sup-demo socat - TCP:%h:%p',
    });
    expect(input.hosts.map((host) => host.ssh?.user)).toEqual([undefined, 'ops', undefined]);
    expect(input.hosts.map((host) => host.address)).toEqual(['10.88.0.11', '10.88.0.12', '10.88.0.13']);
  });

  it('has an odd number of etcd members', () => {
    expect(rolesOf(newest)).toEqual([
      ['etcd', 'master', 'node'],
      ['etcd', 'node'],
      ['etcd', 'node'],
    ]);
    expect(rolesOf({ ...newest, hosts: 2 })).toEqual([['etcd', 'master', 'node'], ['node']]);
    expect(rolesOf({ ...classic, hosts: 2 })).toEqual([['etcd', 'master', 'node'], ['node']]);
  });

  it('takes roles that are given', () => {
    expect(rolesOf({ ...newest, roles: { h2: ['master'] } })[1]).toEqual(['master']);
  });

  it('differs by profile as the two profiles do', () => {
    expect(labInventoryInput(newest).cluster).toMatchObject({
      kubernetesVersion: '1.36.3',
      bootstrap: 'token-secret',
      network: { flannel: { backend: 'vxlan' } },
      runtime: { type: 'containerd' },
      kubeProxy: { mode: 'nftables' },
      images: { coredns: 'k8sup.lab/coredns:1.15.0' },
    });
    expect(labInventoryInput(classic).cluster).toMatchObject({
      kubernetesVersion: '1.20.15',
      bootstrap: 'token-file',
      network: { flannel: { backend: 'host-gw' } },
      runtime: { type: 'docker' },
      kubeProxy: { mode: 'iptables' },
      images: { coredns: 'k8sup.lab/coredns:1.10.1' },
    });
  });

  it('keeps the tricks of a lab in extraConfig alone', () => {
    for (const { cluster } of [labInventoryInput(newest), labInventoryInput(classic)]) {
      expect(JSON.stringify(cluster)).toContain('/usr/local/lib/k8sup-lab/runc');
      expect(withoutExtras(cluster)).not.toMatch(/k8sup-lab|conntrack|oom/);
    }
  });

  it('passes artifact settings on, and leaves the key out without them', () => {
    const artifacts = { source: 'directory', directory: '/a' } as const;
    expect(labInventoryInput({ ...newest, artifacts }).cluster.artifacts).toEqual(artifacts);
    expect(labInventoryInput(newest).cluster).not.toHaveProperty('artifacts');
  });
});
