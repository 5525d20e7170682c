import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';

const tls =
  '--cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key';
const v2 = `curl -sS ${tls} https://127.0.0.1:2379/v2/keys/coreos.com/network`;
/** flanneld of that age is not to be had here; it is never started, as the run is limited to the member. */
const standIn = '#!/bin/sh\nexit 1\n';

describe.skipIf(noLab !== undefined)(
  `flannel's keys by etcd's v2 API, on Debian's etcd 3.4${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    const apply = () => lab.k8sup('apply', lab.inventory, '--limit', 'h1', '--no-verify', '-o', 'json');

    beforeAll(async () => {
      lab = await bootLab('e2e-v2', 2, 'classic');
      const folder = join(lab.dir, 'own/flannel/0.17.0/linux-amd64');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'flanneld'), standIn, { mode: 0o755 });
      writeFileSync(join(folder, 'SHA256SUMS'), `${createHash('sha256').update(standIn).digest('hex')}  flanneld\n`);
      lab.edit(({ cluster, hosts: [first, second] }) => {
        for (const key of ['kubernetesVersion', 'bootstrap', 'kubeProxy', 'coredns', 'images']) {
          Reflect.deleteProperty(cluster, key);
        }
        cluster['runtime'] = {};
        cluster['etcd'] = { version: '3.4.23' };
        cluster['artifacts'] = { ...cluster['artifacts'], directory: join(lab.dir, 'own') };
        cluster['network'] = { plugin: 'flannel', flannel: { version: '0.17.0' } };
        first?.roles.splice(0, 3, 'etcd');
        second?.roles.splice(0, 3, 'container');
      });
    });
    afterAll(() => lab.down());

    test('are written there, and read back', async () => {
      expect(good(await apply())).toMatchObject({ ok: true, failed: 0 });
      expect(await lab.ssh('h1', '/opt/k8sup/bin/etcd --version | head -1')).toContain('3.4.23');
      const answer = JSON.parse(await lab.ssh('h1', `${v2}/config`)) as { node: { value: string } };
      expect(JSON.parse(answer.node.value)).toMatchObject({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
      expect(good(await apply())).toMatchObject({ changed: 0, restarted: 0 });
    });

    test('change as the inventory does', async () => {
      lab.edit(({ cluster }) => {
        cluster['network'] = { plugin: 'flannel', flannel: { version: '0.17.0', backend: 'host-gw' } };
      });
      const plan = await lab.k8sup('plan', lab.inventory, '--limit', 'h1');
      expect(plan.stdout).toMatch(/etcd-key:\/coreos\.com\/network\/config Backend: .*vxlan.* → \{"Type":"host-gw"\}/);
      expect(good(await apply()).changed).toBe(1);
      expect(await lab.ssh('h1', `${v2}/config`)).toContain('host-gw');
    });

    test('and leases are read there by status', async () => {
      const value = '{"PublicIP":"10.88.0.12","BackendType":"host-gw"}';
      await lab.ssh('h1', `${v2}/subnets/10.244.5.0-24 -X PUT --data-urlencode value='${value}'`);
      expect((await lab.k8sup('status', lab.inventory)).stdout).toMatch(
        /h2 +10\.244\.5\.0\/24 +no docker0 +WRONG flanneld has no lease/,
      );
    });
  },
);
