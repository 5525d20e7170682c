import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';

describe.skipIf(noLab !== undefined)(
  `two masters behind one endpoint${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let relay: ChildProcess;

    beforeAll(async () => {
      lab = await bootLab('e2e-masters', 2, 'newest');
      lab.edit((inventory) => {
        inventory.cluster['controlPlaneEndpoint'] = '10.88.0.1:6443' as never;
        inventory.hosts[0]?.roles.splice(0, 9, 'etcd', 'master', 'node');
        inventory.hosts[1]?.roles.splice(0, 9, 'master', 'node');
      });
      const script = new URL('../support/relay.mjs', import.meta.url).pathname;
      const words = [
        `--net=/run/netns/k8sup-${lab.name}`,
        process.execPath,
        script,
        '10.88.0.1:6443',
        '10.88.0.11:6443',
        '10.88.0.12:6443',
      ];
      relay = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
      if (relay.stdout === null) throw new Error('the relay has no output');
      await once(relay.stdout, 'data');
    });
    afterAll(async () => {
      relay.kill('SIGTERM');
      await lab.down();
    });

    test('apply makes a cluster whose nodes dial the endpoint', async () => {
      good(await lab.k8sup('apply', lab.inventory, '-o', 'json'));
      expect(await lab.ssh('h2', 'cat /etc/kubernetes/kubelet.kubeconfig')).toContain('https://10.88.0.1:6443');
    });

    test('with one apiserver stopped kubectl works, by k8sup and by the endpoint, and apply starts it again', async () => {
      await lab.ssh('h1', 'systemctl stop kube-apiserver.service');
      expect(await lab.kubectl('get', 'nodes', '-o', 'name')).toBe('node/h1\nnode/h2');
      const curl =
        'curl -fsS --cacert /etc/kubernetes/pki/ca.crt --cert /etc/kubernetes/pki/apiserver-kubelet-client.crt --key /etc/kubernetes/pki/apiserver-kubelet-client.key https://10.88.0.1:6443/readyz';
      expect(await lab.ssh('h2', curl)).toBe('ok');
      const result = await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify');
      good(result);
      expect(changesOf(result)).toEqual(['h1 service:kube-apiserver.service']);
    });
  },
);
