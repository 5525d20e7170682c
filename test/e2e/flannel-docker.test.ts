import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

const docker = '/opt/k8sup/docker/docker';
const pki = '/etc/kube-flannel/pki';
const etcdctl = '/opt/k8sup/bin/etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/etcd/pki/ca.crt';
const asFlannel = `${etcdctl} --cert ${pki}/etcd-client.crt --key ${pki}/etcd-client.key`;
const asAdmin = `${etcdctl} --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key`;
const prefix = '/lab/network';
/** An artifact directory with the Docker to try in the place of the classic profile's. */
const ownDocker = process.env['K8SUP_DOCKER_DIR'];

describe.skipIf(noLab !== undefined)(
  `flannel without Kubernetes: leases in etcd, Docker fed by them${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let baseline: ReadonlyMap<string, Snapshot>;
    const hosts = ['h1', 'h2'];
    const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
    const status = async () => {
      const { exitCode, stdout } = await lab.k8sup('status', lab.inventory);
      return { exitCode, stdout };
    };
    const look = async (): Promise<ReadonlyMap<string, Snapshot>> =>
      new Map(await Promise.all(hosts.map(async (host) => [host, await snapshot(lab, host)] as const)));
    const lease = async (host: string): Promise<string> =>
      (await lab.ssh(host, `sed -n 's/^FLANNEL_SUBNET=//p' /run/flannel/subnet.env`)).trim();
    const bridge = async (host: string): Promise<string> =>
      (await lab.ssh(host, `ip -o -4 addr show docker0 | awk '{ print $4 }'; cat /sys/class/net/docker0/mtu`))
        .trim()
        .replace('\n', ' ');

    beforeAll(async () => {
      lab = await bootLab('e2e-fd', 2, 'classic');
      lab.edit(({ cluster, hosts: [first, second] }) => {
        for (const key of ['kubernetesVersion', 'bootstrap', 'kubeProxy', 'coredns', 'controlPlaneEndpoint']) {
          Reflect.deleteProperty(cluster, key);
        }
        cluster['network'] = { plugin: 'flannel', flannel: { etcdPrefix: prefix } };
        const images = (cluster['runtime']?.['images'] ?? []) as readonly string[];
        Object.assign(cluster['runtime'] ?? {}, { images: images.slice(-1) });
        Reflect.deleteProperty(cluster['runtime'] ?? {}, 'type');
        Reflect.deleteProperty(cluster['runtime'] ?? {}, 'sandboxImage');
        Reflect.deleteProperty(cluster['images'] ?? {}, 'coredns');
        if (ownDocker !== undefined) {
          Object.assign(cluster['runtime'] ?? {}, { version: readdirSync(join(ownDocker, 'docker'))[0] });
          cluster['artifacts'] = { ...cluster['artifacts'], directory: ownDocker };
        }
        first?.roles.splice(0, 3, 'etcd', 'container');
        second?.roles.splice(0, 3, 'container');
      });
      // As Docker leaves it on a host that forwarded nothing before.
      await lab.ssh('h2', 'iptables -P FORWARD DROP');
      baseline = await look();
    });
    afterAll(() => lab.down());

    test('apply ends with containers of both hosts that see each other under their own addresses, and are masqueraded outside', async () => {
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0, hosts: 2 });
      const checks = result.events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
      expect(checks.map(({ name, ok }) => `${name} ${String(ok)}`).sort()).toEqual([
        'container to container true',
        'container to container true',
        'masquerade true',
        'masquerade true',
      ]);
      // Each service came up at its first start.
      for (const host of hosts) {
        const units = host === 'h1' ? 'etcd flanneld containerd docker' : 'flanneld containerd docker';
        expect(await lab.ssh(host, `systemctl show -p NRestarts --value ${units} | sort -u | tr -d '\\n'`)).toBe('0');
      }
      expect(await lab.ssh('h2', 'iptables -S FORWARD | head -1')).toBe('-P FORWARD DROP');
      expect(await lab.ssh('h2', `ls /etc/cni /etc/kubernetes /opt/cni 2>&1 | grep -v 'No such' || true`)).toBe('');
    });

    test('a second apply changes nothing, and status knows each lease', async () => {
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
      const { exitCode, stdout } = await status();
      expect(exitCode).toBe(0);
      for (const host of hosts) {
        const own = await lease(host);
        expect(await bridge(host)).toBe(`${own} 1450`);
        const leased = own.replace(/\.1\//, '.0/');
        expect(stdout).toMatch(new RegExp(`${host} +${leased} +docker0 ${own}, MTU 1450 +as leased`));
      }
    });

    test("flanneld's certificate opens its own prefix alone, and one without a user nothing", async () => {
      await lab.ssh('h1', `${asFlannel} get ${prefix}/config | grep -q 10.244.0.0/16`);
      for (const refused of ['put /other x', 'get --prefix /', 'user list', `del --prefix /lab`]) {
        const said = await lab.ssh('h1', `${asFlannel} ${refused} 2>&1 && echo let || true`);
        expect(said).toMatch(/permission denied/);
        expect(said).not.toMatch(/let$/);
      }
      const server = `${etcdctl} --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key get ${prefix}/config`;
      expect(await lab.ssh('h1', `${server} 2>&1 || true`)).toMatch(/permission denied/);
      expect(await lab.ssh('h2', 'ls /etc/etcd 2>&1 || true')).toMatch(/No such file/);
    });

    test('there is no kubectl, and it is said so', async () => {
      const result = await lab.k8sup('kubectl', '-i', lab.inventory, '--', 'get', 'nodes');
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toMatch(/NO_KUBERNETES/);
    });

    test('Docker follows when the lease becomes another one, and its containers with it', async () => {
      await lab.ssh(
        'h1',
        `${docker} run -d --restart always --name stay k8sup.lab/busybox:1 sh -c 'trap exit TERM; sleep 9999 & wait'`,
      );
      const before = await lease('h1');
      const key = `${prefix}/subnets/${before.replace(/\.1\/24$/, '.0-24')}`;
      // Somebody else has its subnet by the time flanneld asks again.
      await lab.ssh('h1', `${asAdmin} del ${key} && ${asAdmin} put ${key} '{"PublicIP":"10.88.0.77"}'`);
      await lab.ssh(
        'h1',
        `i=0; until n=$(sed -n 's/^FLANNEL_SUBNET=//p' /run/flannel/subnet.env); [ "$n" != ${before} ] && ip -o -4 addr show docker0 | grep -q " $n " && ${docker} ps -q >/dev/null 2>&1; do i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep 0.2; done`,
      );
      const after = await lease('h1');
      expect(await bridge('h1')).toBe(`${after} 1450`);
      const network = after.replace(/\.1\/24$/, '.');
      expect(
        await lab.ssh('h1', `${docker} inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' stay`),
      ).toContain(network);
      await lab.ssh('h1', `${asAdmin} del ${key}`);
      expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('status names a bridge that does not fit its lease', async () => {
      await lab.ssh(
        'h2',
        `ip link set docker0 mtu 1500; ip addr add 10.9.9.1/24 dev docker0; ip addr del ${await lease('h2')} dev docker0`,
      );
      const { exitCode, stdout } = await status();
      expect(exitCode).not.toBe(0);
      expect(stdout).toMatch(/h2 .*WRONG docker0 has 10\.9\.9\.1\/24 instead of 10\.244\.\d+\.1\/24/);
      expect(stdout).toMatch(/WRONG docker0's MTU is 1500 instead of 1450/);
      await lab.ssh('h2', 'systemctl restart docker');
      expect((await status()).exitCode).toBe(0);
    });

    test('another network, backend and length of subnets: shown by plan, taken up by flanneld and Docker', async () => {
      lab.edit(({ cluster }) => {
        const flannel = { etcdPrefix: prefix, backend: 'host-gw', subnetLen: 26, subnetMin: '10.50.1.0' };
        cluster['network'] = { plugin: 'flannel', podCIDR: '10.50.0.0/20', flannel };
      });
      const plan = await lab.k8sup('plan', lab.inventory);
      expect(plan.stdout).toMatch(
        /etcd-key:\/lab\/network\/config .*Network: "10\.244\.0\.0\/16" → "10\.50\.0\.0\/20"/,
      );
      expect(plan.stdout).toMatch(/SubnetLen: absent → 26/);
      const result = await apply();
      expect(good(result)).toMatchObject({ ok: true, failed: 0 });
      expect(changesOf(result)).toContain(`h1 etcd-key:${prefix}/config`);
      for (const host of hosts) {
        expect(await lease(host)).toMatch(/^10\.50\.\d+\.\d+\/26$/);
        expect(await bridge(host)).toBe(`${await lease(host)} 1500`);
      }
      expect(await lab.ssh('h1', 'ip route show root 10.50.0.0/20')).toMatch(/via 10\.88\.0\.12 dev host0/);
      expect((await status()).exitCode).toBe(0);
    });

    test('clean leaves both hosts as they were', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const after = await look();
      const left = hosts.flatMap((host) =>
        difference(baseline.get(host) ?? new Map(), after.get(host) ?? new Map()).map((line) => `${host} ${line}`),
      );
      expect(left).toEqual([]);
    });
  },
);
