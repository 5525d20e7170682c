import { describe, expect, test } from 'vitest';
import { auditPolicyFile } from '../../../src/components/apiserver/audit-policy.ts';
import { encryptionFile, kubeApiserver } from '../../../src/components/apiserver/apiserver.ts';
import type { Component, MakeComponent } from '../../../src/components/component.ts';
import { containerd } from '../../../src/components/containerd/containerd.ts';
import { kubeControllerManager } from '../../../src/components/controller-manager/controller-manager.ts';
import { csrApprover } from '../../../src/components/csr-approver/csr-approver.ts';
import { coredns } from '../../../src/components/coredns/coredns.ts';
import { criDockerd } from '../../../src/components/docker/cri-dockerd.ts';
import { docker } from '../../../src/components/docker/docker.ts';
import { yamlText } from '../../../src/components/documents.ts';
import { etcd } from '../../../src/components/etcd/etcd.ts';
import { kubeProxy } from '../../../src/components/kube-proxy/kube-proxy.ts';
import { kubelet } from '../../../src/components/kubelet/kubelet.ts';
import { masterRbac, nodeRbac } from '../../../src/components/rbac.ts';
import { kubeScheduler } from '../../../src/components/scheduler/scheduler.ts';
import { flannel } from '../../../src/network/flannel/flannel.ts';
import { flannelRbac, unitSubject } from '../../../src/network/flannel/rbac.ts';
import { classic, factsOf, hostOf, labFacts, newest } from './fixture.ts';

const profiles = { newest, classic };
const makers: Readonly<Record<string, MakeComponent>> = {
  etcd,
  kubeApiserver,
  kubeControllerManager,
  kubeScheduler,
  csrApprover,
  kubelet,
  kubeProxy,
  flanneld: (inventory, host, facts) => {
    const made = flannel.component({ inventory, host, facts, podCIDRs: {} });
    if (made === undefined) throw new Error('flannel has a component');
    return made;
  },
};

describe.each(['newest', 'classic'] as const)('%s profile', (profile) => {
  const inventory = profiles[profile];
  const runtime = profile === 'newest' ? containerd : docker;

  test.each(Object.entries({ ...makers, runtime }))('%s', async (_name, make) => {
    await matchesGolden(profile, make(inventory, hostOf(inventory, 'h1'), labFacts));
  });

  test('CNI configuration', async () => {
    const target = { inventory, host: hostOf(inventory, 'h1'), facts: labFacts, podCIDRs: {} };
    const [file] = flannel.cniFiles(target);
    await expect(file?.content).toMatchFileSnapshot(`golden/${profile}/10-k8sup.conflist`);
  });

  test('objects of the cluster', async () => {
    const objects = [...masterRbac(), ...nodeRbac(), ...flannelRbac(unitSubject), ...coredns(inventory)];
    await expect(objects.map(yamlText).join('---\n')).toMatchFileSnapshot(`golden/${profile}/objects.yaml`);
  });
});

test('kubelet of a machine with systemd cgroups and systemd-resolved', async () => {
  const [config] = kubelet(newest, hostOf(newest, 'h2'), factsOf()).files;
  await expect(config?.content).toMatchFileSnapshot('golden/machine/kubelet.yaml');
});

test('cri-dockerd', async () => {
  await matchesGolden('machine', criDockerd(newest, hostOf(newest, 'h2'), factsOf()));
});

test('audit policy and encryption configuration', async () => {
  await expect(auditPolicyFile().content).toMatchFileSnapshot('golden/machine/audit-policy.yaml');
  const encryption = encryptionFile([{ name: 'key1', secret: Buffer.alloc(32, 1).toString('base64') }]);
  expect(encryption).toMatchObject({ mode: 0o600, secret: true });
  await expect(encryption.content).toMatchFileSnapshot('golden/machine/encryption.yaml');
});

async function matchesGolden(profile: string, component: Component): Promise<void> {
  await expect(component.text).toMatchFileSnapshot(`golden/${profile}/${component.unit}`);
  for (const file of component.files) {
    await expect(file.content).toMatchFileSnapshot(`golden/${profile}/${file.path.split('/').slice(-1).join('')}`);
  }
}
