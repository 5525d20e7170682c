import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, noLab } from '../support/lab.ts';
import type { EditableInventory, K8supRun, LabHandle } from '../support/lab.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

/** Every refusal says what, why and how to mend it, and ends with the exit code of its kind. */
function refused(result: K8supRun, code: string, exitCode: number, ...words: readonly (string | RegExp)[]): void {
  const said = result.stderr + result.stdout;
  expect(said).toContain(code);
  expect(said).toMatch(/Fix: \S/);
  for (const word of words) expect(said).toMatch(word);
  expect(result.exitCode).toBe(exitCode);
}

/** An edit of the inventory, the code that must come back, and the exit code of its kind. */
type Case = readonly [title: string, code: string, exitCode: number, edit: (inventory: EditableInventory) => void];

const network = (inventory: EditableInventory, fields: Record<string, unknown>): void => {
  inventory.cluster['network'] = { ...inventory.cluster['network'], ...fields };
};

const inventoryCases: readonly Case[] = [
  ['unknown key', 'UNKNOWN_KEY', 10, ({ cluster }) => (cluster['kubernetesVersoin'] = '1.36.3' as never)],
  ['wrong type', 'WRONG_TYPE', 10, (inventory) => network(inventory, { mtu: 'big' })],
  ['duplicate host name', 'DUPLICATE_HOST_NAME', 10, ({ hosts }) => Object.assign(hosts[1] ?? {}, { name: 'h1' })],
  [
    'duplicate address',
    'DUPLICATE_ADDRESS',
    10,
    ({ hosts }) => Object.assign(hosts[1] ?? {}, { address: '10.88.0.11' }),
  ],
  [
    'no etcd',
    'NO_ETCD',
    10,
    ({ hosts }) => hosts.forEach((host) => (host.roles = host.roles.filter((role) => role !== 'etcd'))),
  ],
  [
    'an even number of etcd members',
    'ETCD_EVEN',
    10,
    ({ hosts }) => hosts.forEach((host) => (host.roles = ['etcd', 'node', ...(host.name === 'h1' ? ['master'] : [])])),
  ],
  ['overlapping CIDRs', 'CIDR_OVERLAP', 10, (inventory) => network(inventory, { podCIDR: '10.96.0.0/12' })],
  ['a CIDR with host bits', 'CIDR_HOST_BITS', 10, (inventory) => network(inventory, { podCIDR: '10.244.1.0/16' })],
  ['DNS IP outside the service CIDR', 'DNS_IP_OUTSIDE', 10, (inventory) => network(inventory, { dnsIP: '10.97.0.10' })],
  [
    'unsupported version',
    'KUBERNETES_UNSUPPORTED',
    10,
    ({ cluster }) => (cluster['kubernetesVersion'] = '1.12.0' as never),
  ],
  ['unsupported plugin', 'PLUGIN_UNSUPPORTED', 10, (inventory) => network(inventory, { plugin: 'weave' })],
  [
    'containerd 2 with 1.22',
    'CONTAINERD_TOO_NEW',
    10,
    ({ cluster }) => {
      cluster['kubernetesVersion'] = '1.22.0' as never;
      cluster['runtime'] = { ...cluster['runtime'], type: 'containerd', version: '2.2.0' };
    },
  ],
  [
    'nftables with 1.28',
    'NFTABLES_TOO_EARLY',
    10,
    ({ cluster }) => {
      cluster['kubernetesVersion'] = '1.28.0' as never;
      cluster['kubeProxy'] = { ...cluster['kubeProxy'], mode: 'nftables' };
    },
  ],
  ['unreadable key file', 'KEY_FILE', 10, ({ ssh }) => (ssh['privateKey'] = '/nowhere/key')],
  ['unreachable host', 'HOST_UNREACHABLE', 11, ({ hosts }) => Object.assign(hosts[1] ?? {}, { address: '10.88.0.99' })],
  ['wrong user', 'SSH_AUTHENTICATION', 11, ({ hosts }) => Object.assign(hosts[1] ?? {}, { ssh: { user: 'nobody' } })],
  [
    'an address that is not on the host',
    'ADDRESS_NOT_ON_HOST',
    19,
    ({ hosts }) => Object.assign(hosts[1] ?? {}, { address: '10.88.0.77', ssh: { hostName: '10.88.0.12' } }),
  ],
  [
    'a mode of kube-proxy that the kernel of these hosts lacks',
    'KERNEL_FEATURE_MISSING',
    19,
    ({ cluster }) => (cluster['kubeProxy'] = { ...cluster['kubeProxy'], mode: 'ipvs' }),
  ],
  [
    'a pod network that a live route overlaps',
    'CIDR_OVERLAPS_ROUTE',
    19,
    (inventory) => network(inventory, { podCIDR: '10.50.0.0/16' }),
  ],
];

describe.skipIf(noLab !== undefined)(
  `bad input changes nothing on any host${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let good: string;
    let baseline: readonly Snapshot[];
    const look = (): Promise<readonly Snapshot[]> => Promise.all(['h1', 'h2'].map((host) => snapshot(lab, host)));
    const unchanged = async (): Promise<void> => {
      const after = await look();
      expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
    };
    const apply = () => lab.k8sup('apply', lab.inventory, '-o', 'plain');

    beforeAll(async () => {
      lab = await bootLab('e2e-bad', 2, 'newest');
      good = readFileSync(lab.inventory, 'utf8');
      await lab.ssh(
        'h2',
        'ip link add k8sup-test type bridge && ip link set k8sup-test up && ip route add 10.50.3.0/24 dev k8sup-test',
      );
      baseline = await look();
    });
    afterEach(async () => {
      writeFileSync(lab.inventory, good);
      // The first thing that a run writes on a host; the whole comparison comes at the end.
      for (const host of ['h1', 'h2']) await lab.ssh(host, '[ ! -e /var/lib/k8sup ]');
    });
    afterAll(() => lab.down());

    test.each(inventoryCases)('%s: %s', async (_title, code, exitCode, edit) => {
      lab.edit(edit);
      refused(await apply(), code, exitCode);
    });

    test('a YAML syntax error is named with line and column', async () => {
      writeFileSync(lab.inventory, `${good}\n  - broken: [`);
      const result = await apply();
      expect(result.exitCode).toBe(10);
      expect(result.stderr).toMatch(/inventory\.yaml:\d+:\d+ .*\[YAML_SYNTAX\]/);
    });

    test('all mistakes at once, each with its place and what was meant', async () => {
      lab.edit((inventory) => {
        inventory.cluster['kubernetesVersoin'] = '1.36.3' as never;
        network(inventory, { podCIDR: '10.244.1.0/16' });
        Object.assign(inventory.hosts[1] ?? {}, { adress: '10.88.0.12' });
      });
      const { stderr } = await apply();
      expect(stderr.match(/inventory\.yaml:\d+:\d+ /g)?.length).toBeGreaterThanOrEqual(3);
      expect(stderr).toContain('kubernetesVersion');
      expect(stderr).toContain('address');
    });

    test('a changed host key', async () => {
      const file = join(lab.dir, 'known_hosts');
      const known = readFileSync(file, 'utf8');
      const key = readFileSync(join(lab.dir, 'id_ed25519.pub'), 'utf8').split(' ')[1] ?? '';
      writeFileSync(
        file,
        known
          .split('\n')
          .map((line) => (line.startsWith('h2,') ? line.replace(/ (\S+) \S+$/, ` ssh-ed25519 ${key}`) : line))
          .join('\n'),
      );
      const result = await apply();
      writeFileSync(file, known);
      refused(result, 'HOST_KEY_CHANGED', 12, 'known_hosts');
    });

    test('a user without sudo', async () => {
      await lab.ssh('h2', 'mv /etc/sudoers.d/ops /root/ops.away');
      const result = await apply();
      await lab.ssh('h2', 'mv /root/ops.away /etc/sudoers.d/ops');
      refused(result, 'NO_ROOT', 11, 'h2');
    });

    test('a port that another program holds, named with the program and its unit', async () => {
      await lab.ssh(
        'h1',
        'systemd-run -q --collect --unit k8sup-test-port socat TCP-LISTEN:10250,fork,reuseaddr EXEC:cat',
      );
      const result = await apply();
      await lab.ssh('h1', 'systemctl stop k8sup-test-port.service');
      refused(result, 'PORT_TAKEN', 19, /socat \(k8sup-test-port\.service\)/);
    });

    test('too little disk', async () => {
      await lab.ssh('h2', 'mkdir -p /mnt/small && mount -t tmpfs -o size=100m k8sup-small /mnt/small');
      lab.edit(({ cluster }) => (cluster['runtime'] = { ...cluster['runtime'], dataRoot: '/mnt/small/containerd' }));
      const result = await apply();
      await lab.ssh('h2', 'umount /mnt/small && rmdir /mnt/small');
      refused(result, 'TOO_LITTLE_DISK', 19, '/mnt/small');
    });

    test('an artifact whose checksum is not the one that was written down', async () => {
      const folder = join(lab.dir, 'artifacts/etcd/3.6.5/linux-amd64');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'etcd'), 'not etcd');
      writeFileSync(join(folder, 'SHA256SUMS'), `${'0'.repeat(64)}  etcd\n`);
      lab.edit(
        ({ cluster }) => (cluster['artifacts'] = { source: 'directory', directory: join(lab.dir, 'artifacts') }),
      );
      const result = await apply();
      refused(result, 'ARTIFACT_CHECKSUM', 17, 'etcd');
    });

    test('an artifact that is there for another architecture only', async () => {
      const directory = join(lab.dir, 'arm-artifacts');
      mkdirSync(join(directory, 'etcd/3.6.4/linux-arm64'), { recursive: true });
      lab.edit(({ cluster }) => {
        cluster['etcd'] = { ...cluster['etcd'], version: '3.6.4' };
        cluster['artifacts'] = { source: 'directory', directory };
      });
      refused(await apply(), 'ARTIFACT_ARCHITECTURE', 17, 'etcd 3.6.4', 'linux-arm64 only');
    });

    test('a host of another k8sup cluster', async () => {
      await lab.ssh(
        'h1',
        "mkdir -p /var/lib/k8sup && echo '0b0e8400-e29b-41d4-a716-446655440000 production' > /var/lib/k8sup/cluster",
      );
      const result = await apply();
      await lab.ssh('h1', 'rm -r /var/lib/k8sup');
      refused(result, 'OTHER_CLUSTER', 19, 'production');
    });

    test('remains of another installer', async () => {
      await lab.ssh('h1', 'mkdir -p /etc/kubernetes/manifests && touch /etc/kubernetes/manifests/kube-apiserver.yaml');
      const result = await apply();
      await lab.ssh('h1', 'rm -r /etc/kubernetes');
      refused(result, 'REMAINS_FOUND', 19, 'kubeadm');
    });

    test('a CNI configuration that sorts before ours', async () => {
      await lab.ssh('h1', 'mkdir -p /etc/cni/net.d && echo {} > /etc/cni/net.d/05-other.conf');
      const result = await apply();
      await lab.ssh('h1', 'rm -r /etc/cni');
      refused(result, 'FOREIGN_CNI_CONFIG', 19, '05-other');
    });

    test('usage: an unknown command, an unknown stage, an unknown host', async () => {
      expect((await lab.k8sup('aply')).exitCode).toBe(64);
      expect((await lab.k8sup('stage', '08.nothing', lab.inventory)).exitCode).toBe(64);
      expect((await lab.k8sup('apply', lab.inventory, '--limit', 'h9')).exitCode).toBe(64);
    });

    test('after all of that the hosts are as they were', () => unchanged());

    test('a program that is missing and cannot be installed: clean takes back what had begun', async () => {
      await lab.ssh('h2', 'mv /usr/sbin/conntrack /usr/sbin/conntrack.away');
      const result = await apply();
      await lab.ssh('h2', 'mv /usr/sbin/conntrack.away /usr/sbin/conntrack');
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toContain('conntrack');
      // Stage 01 had begun, so this one is no case of "nothing changed": clean takes it away.
      expect((await lab.k8sup('clean', lab.inventory, '--yes')).exitCode).toBe(0);
      await unchanged();
    });
  },
);
