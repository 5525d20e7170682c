import { describe, expect, it, test } from 'vitest';
import { clientKubeconfig } from '../../playbooks/certificates.ts';
import { site, siteOf, stageById } from '../../playbooks/site.ts';
import type { HostStep, StageContext } from '../../src/engine/stage.ts';
import type { Host, Inventory } from '../../src/inventory/model.ts';
import { leafPlaces } from '../../src/pki/index.ts';
import type { AuthorityName, ClusterPki, Leaf } from '../../src/pki/index.ts';
import type { AnyResource } from '../../src/resources/define.ts';
import { hostOf, inventoryOf } from './components/fixture.ts';
import { goodFacts } from './preflight/fixture.ts';

const inventory = inventoryOf(`
cluster:
  name: one
  controlPlaneEndpoint: "192.0.2.9:6443"
  network: { plugin: flannel }
hosts:
  - { name: all, address: 192.0.2.10, roles: [etcd, master, node] }
  - { name: etcd, address: 192.0.2.11, roles: [etcd] }
  - { name: both, address: 192.0.2.12, roles: [etcd, master] }
  - { name: master, address: 192.0.2.13, roles: [master] }
  - { name: node, address: 192.0.2.14, roles: [node] }
`);
const withDocker = inventoryOf(`
cluster: { name: two, kubernetesVersion: 1.24.17, runtime: { type: docker }, network: { plugin: bridge } }
hosts: [{ name: one, address: 192.0.2.10, roles: [etcd, master, node] }]
`);
const etcdPki = '/etc/etcd/pki';
const kubePki = '/etc/kubernetes/pki';

describe('how restarts go over the hosts', () => {
  const kind = ({ rollout = 'together', firstStartNeedsAll }: HostStep): string =>
    firstStartNeedsAll === true ? `${rollout}, first start of all` : rollout;

  test('is one by one for members that need each other, and after a canary for what each host has for itself', () => {
    const steps = hostSteps().filter(({ step }) => step.gate !== undefined);
    expect(steps.map(({ stage, step }) => `${stage} ${step.name}: ${kind(step)}`)).toEqual([
      '02.etcd members: one-by-one, first start of all',
      '03.runtime runtime: canary',
      '03.runtime cri-dockerd: canary',
      '04.kube-master apiserver: one-by-one',
      '04.kube-master controller-manager: one-by-one',
      '04.kube-master scheduler: one-by-one',
      '04.kube-master csr-approver: canary',
      '05.kube-node kubelet: canary',
      '05.kube-node kube-proxy: canary',
      '06.network network: canary',
      '06.network masquerade: canary',
    ]);
  });

  it.each([inventory, withDocker])('has a gate wherever a service is kept: cluster %#', async (of) => {
    const context = contextOf(of);
    for (const { stage, step } of hostSteps()) {
      for (const host of of.hosts.filter((one) => step.on(one))) {
        const ids = (await step.resources(host, context)).map(({ id }) => id);
        const services = ids.flatMap((id) => (id.startsWith('service:') ? [id.slice('service:'.length)] : []));
        const gate = await step.gate?.(host, context);
        expect(`${stage} ${step.name}: ${gate?.unit ?? ''}`).toBe(`${stage} ${step.name}: ${services.join()}`);
      }
    }
  });
});

describe('without Kubernetes', () => {
  const without = inventoryOf(`
cluster: { name: three }
hosts:
  - { name: member, address: 192.0.2.11, roles: [etcd] }
  - { name: spare, address: 192.0.2.13, roles: [container] }
  - { name: both, address: 192.0.2.12, roles: [container] }
`);
  const idsOf = async (name: string): Promise<readonly string[]> => {
    const host = hostOf(without, name);
    const steps = siteOf(without).flatMap((stage) => stage.steps);
    const found = steps.map(async (step) =>
      step.type === 'hosts' && step.on(host) ? await step.resources(host, contextOf(without)) : [],
    );
    return (await Promise.all(found)).flat().map(({ id }) => id);
  };

  test('Docker comes behind the network that feeds it, and nothing of Kubernetes comes at all', () => {
    expect(siteOf(without).map(({ id }) => id)).toEqual(['01.prepare', '02.etcd', '06.network', '03.runtime']);
    expect(siteOf(without).flatMap(({ steps }) => steps.filter(({ type }) => type !== 'hosts'))).toEqual([]);
    expect(stageById('network', without).title).toBe('network of containers');
    expect(() => stageById('05.kube-node', without)).toThrow(/no stage/);
  });

  test('etcd is told by a member alone, and flanneld has its certificate on container hosts alone', async () => {
    const [member, both] = [await idsOf('member'), await idsOf('both')];
    expect(member).toContain('etcd-key:/coreos.com/network/config');
    expect(member).toContain('etcd-access:users');
    expect(member.filter((id) => /flannel|docker/.test(id))).toEqual([]);
    expect(both).toContain('file:/etc/kube-flannel/pki/etcd-client.key');
    expect(both.filter((id) => id.startsWith('service:'))).toEqual([
      'service:flanneld.service',
      'service:docker.service',
    ]);
    expect(both.filter((id) => /kubernetes|kubelet|cni|etcd-(key|access)|healthcheck|swap/.test(id))).toEqual([]);
  });
});

describe('certificates and kubeconfigs', () => {
  const member = [
    `${etcdPki}/ca.crt`,
    ...['healthcheck-client', 'peer', 'server'].flatMap((name) => pair(`${etcdPki}/${name}`)),
  ];
  const node = [
    '/etc/kubernetes/flannel.kubeconfig',
    '/etc/kubernetes/kube-proxy.kubeconfig',
    `${kubePki}/ca.crt`,
  ] as const;
  const master = [
    ...node,
    '/etc/kubernetes/controller-manager.kubeconfig',
    '/etc/kubernetes/csr-approver.kubeconfig',
    '/etc/kubernetes/encryption.yaml',
    '/etc/kubernetes/scheduler.kubeconfig',
    ...['apiserver-etcd-client', 'apiserver-kubelet-client', 'apiserver', 'front-proxy-client'].flatMap((name) =>
      pair(`${kubePki}/${name}`),
    ),
    ...['ca-signer.crt', 'ca.key', 'etcd-ca.crt', 'front-proxy-ca.crt', 'sa.key', 'sa.pub', 'server-ca.crt'].map(
      (name) => `${kubePki}/${name}`,
    ),
  ];

  it.each([
    ['etcd', member],
    ['node', node],
    ['master', master],
    ['both', [...member, ...master]],
    ['all', [...member, ...master]],
  ])('of %s are those of its roles', async (name, wanted) => {
    // The join's own, which must not stay.
    const paths = [...(await filesOf(name)).keys()].filter((path) => path !== '/etc/kubernetes/bootstrap.kubeconfig');
    const trust = paths.filter((path) => /\/pki\/|\.kubeconfig$|encryption/.test(path));
    expect(trust.sort()).toEqual([...wanted].sort());
  });

  it('are secret where they hold a key: for root alone, and never shown', async () => {
    for (const { name } of inventory.hosts) {
      for (const [path, resource] of await filesOf(name)) {
        if (!/KEY OF/.test(decoded(resource))) continue;
        expect(path).toMatch(/\.key$|\.kubeconfig$|encryption\.yaml$/);
        const { text } = resource;
        expect(text === undefined ? '' : (text.show?.(text.wanted) ?? text.wanted), path).not.toMatch(
          /KEY OF|S0VZIE9G/,
        );
        expect(path.endsWith('.kubeconfig') ? (text?.read.sh ?? '') : '', path).toMatch(/^$|^sed .*client-key-data/);
        expect(resource.diff(resource.parse(`file 644 root:root\n`), { changing: new Set() }), path).toContainEqual(
          expect.objectContaining({ path: 'mode', to: '600' }),
        );
      }
    }
  });

  it('keep each key on the hosts it is for: an authority’s own, and those of an administrator, nowhere else', async () => {
    expect(await hostsWithKey('kubernetes-ca')).toEqual(['all', 'both', 'master']);
    expect(await hostsWithKey('service-account')).toEqual(['all', 'both', 'master']);
    expect(await hostsWithKey('encryption')).toEqual(['all', 'both', 'master']);
    expect(await hostsWithKey('etcd-ca')).toEqual([]);
    expect(await hostsWithKey('front-proxy-ca')).toEqual([]);
    expect(await hostsWithKey('admin')).toEqual([]);
    for (const { id, kind, host } of leafPlaces(inventory)) {
      const shared = inventory.hosts.filter(({ roles }) => kind.on.some((role) => roles.has(role)));
      expect(await hostsWithKey(id), id).toEqual(host === undefined ? shared.map(({ name }) => name) : [host.name]);
    }
  });

  it('are seen inside of kubeconfigs too', () => {
    const given = clientKubeconfig(contextOf(inventory), hostOf(inventory, 'all'), 'kube-scheduler');
    expect(decoded(given)).toContain('KEY OF hosts/all/kube-scheduler\n');
  });
});

function hostSteps(): readonly { readonly stage: string; readonly step: HostStep }[] {
  return site.flatMap(({ id, steps }) => steps.flatMap((step) => (step.type === 'hosts' ? [{ stage: id, step }] : [])));
}

/** Every file that any stage keeps on a host, by its path. */
async function filesOf(name: string): Promise<ReadonlyMap<string, AnyResource>> {
  const host = hostOf(inventory, name);
  const context = contextOf(inventory);
  const steps = hostSteps().filter(({ step }) => step.on(host));
  const resources = (await Promise.all(steps.map(async ({ step }) => step.resources(host, context)))).flat();
  return new Map(
    resources.flatMap((one) => (one.id.startsWith('file:') ? [[one.id.slice('file:'.length), one] as const] : [])),
  );
}

async function hostsWithKey(name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const host of inventory.hosts) {
    const texts = [...(await filesOf(host.name)).values()].map(decoded);
    if (texts.some((text) => text.includes(`KEY OF ${name}\n`))) found.push(host.name);
  }
  return found;
}

/** All that a resource sends, with what is in base64 in it in plain words beside it. */
function decoded({ apply }: AnyResource): string {
  const contents = (apply.contents ?? []).map((content) => ('bytes' in content ? content.bytes.toString() : ''));
  const text = [apply.script.sh, ...contents].join('\n');
  const hidden = text.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? [];
  return [text, ...hidden.map((word) => Buffer.from(word, 'base64').toString())].join('\n');
}

function pair(path: string): readonly string[] {
  return [`${path}.crt`, `${path}.key`];
}

function contextOf(of: Inventory): StageContext {
  return {
    inventory: of,
    facts: () => goodFacts,
    unreachable: new Set(),
    pki: pkiOf(of),
    artifacts: {
      get: (id) => Promise.resolve({ id, path: `/${id.file}`, sha256: '0'.repeat(64), size: 1, source: 'test' }),
      compressed: ({ path }) => Promise.resolve({ path, length: 1, compression: 'zstd' }),
    },
    networkSecrets: new Map(),
    registryPasswords: new Map(),
    nodes: () => Promise.resolve(of.hosts.map(liveNode)),
    signal: new AbortController().signal,
  };
}

function liveNode({ name }: Host, index: number) {
  return { name, podCIDRs: [`10.244.${String(index)}.0/24`], taints: [], managedTaints: undefined };
}

/** Certificates and keys that say what they are. */
function pkiOf(of: Inventory): ClusterPki {
  const pem = (name: string) => ({ certPem: `CERTIFICATE OF ${name}\n`, keyPem: `KEY OF ${name}\n` });
  const names: readonly AuthorityName[] = ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca'];
  const leaves = leafPlaces(of).map(({ id, kind, host }) => ({
    ...pem(id),
    name: kind.name,
    host: host?.name,
    commonName: kind.name,
  }));
  const authorities = {
    clusterId: 'id',
    ca: Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...pem(name),
          bundlePem: pem(name).certPem,
          serverBundlePem: pem(name).certPem,
          certificate: { subjectKeyId: undefined },
        },
      ]),
    ),
    serviceAccount: { keyPem: 'KEY OF service-account\n', publicPem: 'PUBLIC\n' },
    encryptionKeys: [{ name: 'key1', secret: Buffer.from('KEY OF encryption\n'.padEnd(32, '-')).toString('base64') }],
  };
  return {
    authorities: authorities as unknown as ClusterPki['authorities'],
    leaves: leaves as unknown as readonly Leaf[],
    adminKubeconfig: () => 'KEY OF admin\n',
  };
}
