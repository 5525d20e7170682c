import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { factsScript, parseFacts } from '../../../../src/host/facts/index.ts';
import type { Facts } from '../../../../src/host/facts/model.ts';
import { fakeHost, hangMs, noFakeHost } from '../../../support/fake-executor.ts';
import { hostOf, inventoryOf } from '../../components/fixture.ts';

describe.skipIf(process.platform !== 'linux').each([['/bin/dash'], ['/bin/bash']])(
  'the facts script with %s',
  (shell) => {
    it('reads this machine, with the process behind a port that matters', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        const facts = read(shell, port);
        expect(facts.hostName).toBe(hostname());
        expect(facts.addresses).toContainEqual({ interface: 'lo', cidr: '127.0.0.1/8' });
        expect(facts.listeners).toContainEqual(
          expect.objectContaining({ protocol: 'tcp', address: '127.0.0.1', port }),
        );
        // Another user's processes show their sockets to root alone.
        if (process.getuid?.() === 0) {
          expect(facts.listeners.find((one) => one.port === port)?.process).not.toMatch(/^\(/);
        }
        expect(facts.memoryMiB).toBeGreaterThan(0);
        expect(Object.keys(facts.freeMiB)).toContain('/var/lib/etcd');
        expect(Math.abs(facts.clockMs - facts.controllerClockMs)).toBeLessThan(10_000);
      } finally {
        server.close();
      }
    });

    it.skipIf(noFakeHost !== undefined)(
      'sees data through a link, but none in empty folders or what is mounted there',
      async () => {
        using host = fakeHost({
          shell,
          before:
            'mkdir -p /var/lib/kubelet/lost+found /var/lib/kubelet/a/disk && mount --bind /opt /var/lib/kubelet/a/disk',
        });
        host.write('/opt/theirs', '');
        host.write('/srv/images/x', '');
        host.write('/var/lib/kubelet/lost+found/x', '');
        await host.sh('ln -s /srv/images /var/lib/containerd');
        const given = { signal: new AbortController().signal, timeoutMs: hangMs };
        const { stdout } = await host.executor.read(script(6443), given);
        expect(parseFacts(stdout, 0).filledDirectories).toEqual({ '/var/lib/containerd': '/var/lib/containerd/x' });
      },
    );

    it.skipIf(noFakeHost !== undefined)('finds what others left, and changes nothing', async () => {
      using host = fakeHost({ shell });
      host.write('/etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
      host.write('/etc/machine-id', 'abc\n');
      host.write('/etc/resolv.conf', '# dhcp\nsearch lan\nnameserver\t192.0.2.53 \noptions edns0\nnameserver fd00::53');
      host.write('/etc/selinux/config', 'SELINUX=disabled\n');
      host.write('/etc/cni/net.d/05-other.conflist', '{}');
      host.write('/etc/cni/net.d/10-calico.conflist', '{}');
      host.write('/var/lib/k8sup/manifest', 'path\t/etc/cni/net.d/10-calico.conflist\t\n');
      host.write('/etc/rancher/k3s/config.yaml', '');
      host.write('/var/lib/etcd/member/x', '');
      host.write('/var/lib/k8sup/cluster', 'id-7 seven\n');
      host.write('/var/lib/k8sup/applied-by', 'k8sup apply of ann@desk\n');
      host.write('/run/containerd/io.containerd.runtime.v2.task/moby/0af1/pid', '1');
      const tree = 'find /etc /opt /run /srv /var/lib -printf "%p %T@ %C@\\n" | sort';
      const before = await host.sh(tree);
      const { stdout } = await host.executor.read(script(6443), {
        signal: new AbortController().signal,
        timeoutMs: hangMs,
      });
      expect(await host.sh(tree)).toBe(before);
      expect(parseFacts(stdout, Date.now())).toMatchObject({
        os: 'debian 12',
        machineId: 'abc',
        resolver: { file: '/etc/resolv.conf', nameservers: ['192.0.2.53', 'fd00::53'] },
        clusterId: 'id-7',
        clusterName: 'seven',
        appliedBy: 'k8sup apply of ann@desk',
        foreignCNIConfigs: ['05-other.conflist'],
        runningContainers: { moby: 1 },
        remains: [{ of: 'k3s', found: '/etc/rancher/k3s' }],
        filledDirectories: { '/var/lib/etcd': '/var/lib/etcd/member/x' },
      });
    });

    it.skipIf(noFakeHost !== undefined)(
      'takes systemd’s version from its library, asks for units that are somewhere alone, and names the kind of container',
      async () => {
        using host = fakeHost({
          shell,
          before:
            'mkdir -p /usr/lib/systemd && for d in /usr/lib/systemd /usr/lib/*/systemd; do [ ! -d "$d" ] || mount -t tmpfs none "$d"; done; [ ! -f /opt/libraries ] || (cd /usr/lib/systemd && touch none $(cat /opt/libraries))',
        });
        host.program(
          'systemctl',
          `if [ "$1" = --version ]; then echo 'systemd 999 (999-1)'; exit; fi
shift 3; for u; do printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\n' "$u"; done`,
        );
        host.write('/run/systemd/system/a', '');
        host.write('/run/systemd/container', 'lxc\n');
        host.write('/run/systemd/transient/ufw.service', '');
        await host.sh('mkdir -p /etc/systemd/system && ln -s /dev/null /etc/systemd/system/chrony.service');
        const look = async (libraries: string): Promise<Facts> => {
          host.write('/opt/libraries', libraries);
          const given = { signal: new AbortController().signal, timeoutMs: hangMs };
          return parseFacts((await host.executor.read(script(6443), given)).stdout, 0);
        };
        const facts = await look('libsystemd-shared-255.4-1.fc40.so');
        expect(facts).toMatchObject({ systemdVersion: 255, container: true, containerKind: 'lxc' });
        expect(Object.keys(facts.units).sort()).toEqual(['chrony.service', 'ufw.service']);
        expect((await look('')).systemdVersion).toBe(999);
        expect((await look('libsystemd-shared-252.so libsystemd-shared-256.so')).systemdVersion).toBe(999);
      },
    );
  },
);

function read(shell: string, port: number): Facts {
  const { stdout, stderr } = spawnSync(shell, ['-c', script(port)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect(stderr).toBe('');
  return parseFacts(stdout, Date.now());
}

function script(port: number): string {
  const inventory = inventoryOf(`
cluster: { name: one, apiserver: { port: ${port} } }
hosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node] }]
`);
  return factsScript(inventory, hostOf(inventory, 'h1')).sh;
}
