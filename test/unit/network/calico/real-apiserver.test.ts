import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../src/engine/stage.ts';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { clusterObjects, liveNodes, nodeMetadata } from '../../../../src/kube/index.ts';
import { calicoSettings } from '../../../../src/network/calico/calico.ts';
import { calicoObjects } from '../../../../src/network/calico/edits.ts';
import { canalSettings } from '../../../../src/network/canal/canal.ts';
import { canalObjects } from '../../../../src/network/canal/edits.ts';
import { upstreamManifest } from '../../../../src/network/upstream/index.ts';
import { rawShell } from '../../../../src/shell/sh.ts';
import { because, noUpstream, upstreamContext } from '../../../support/upstream.ts';
import { programsFor, served, startApiserver } from '../../kube/real-apiserver.ts';
import type { RealApiserver } from '../../kube/real-apiserver.ts';
import { canalVariants } from '../canal/variants.ts';
import { inventoryFor, variants } from './variants.ts';

const secrets = { ca: 'the authority', cert: 'the certificate', key: 'the key' };
const version = '1.36.3';
const programs = programsFor(version);
const reason = noUpstream ?? (programs === undefined ? `Kubernetes ${version} is not on this machine` : undefined);

async function objectsFor(inventory: Inventory): Promise<readonly KubeObject[]> {
  const context = upstreamContext(inventory);
  const [file] = inventory.cluster.network.needs.upstream ?? [];
  if (file === undefined) throw new Error('no file of upstream');
  const manifest = await upstreamManifest(context, file);
  if (inventory.cluster.network.plugin === 'canal') return canalObjects(manifest, inventory, canalSettings(inventory));
  const settings = calicoSettings(inventory);
  return calicoObjects(manifest, inventory, { settings, ...(settings.etcd === undefined ? {} : { secrets }) });
}

/** What the apiserver said is what a failed test is to show. */
async function told<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw error instanceof K8supError ? new Error(error.why) : error;
  });
}

/** Names of the objects that a server-side apply would make. */
async function dryRun(real: RealApiserver, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const contents = [Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))];
  const script = `head -c "$1" | kubectl apply --server-side --dry-run=server -o name -f -`;
  return (await told(real.kube.run(rawShell(script), { contents }))).trim().split('\n');
}

const isDefinition = ({ kind }: KubeObject): boolean => kind === 'CustomResourceDefinition';

describe.skipIf(reason !== undefined)(`a real apiserver ${version}${because(reason)}`, () => {
  let real: RealApiserver;
  beforeAll(async () => {
    if (programs !== undefined) real = await startApiserver(version, programs);
  });
  afterAll(() => real.down());

  const target = () => clusterObjects(real.kube);
  const kubectl = (script: string): Promise<string> => real.kube.run(rawShell(script));

  it('takes every object of every variant, once its definitions are there', async () => {
    const inventories = [
      ...Object.values(variants).map((variant) => inventoryFor(variant)),
      ...Object.values(canalVariants).map((variant) => inventoryFor(variant, 'canal')),
    ];
    const lists = await Promise.all(inventories.map(objectsFor));
    // Nothing is kept, so that each is judged for itself; pools could not change.
    const unique = [...new Map(lists.flat().map((object) => [JSON.stringify(object), object])).values()];
    const definitions = unique.filter(isDefinition);
    await told(target().apply(definitions));
    await told(served(real.kube, definitions));
    const others = unique.filter((object) => !isDefinition(object));
    expect(await dryRun(real, others)).toHaveLength(others.length);
  });

  /** The other's role of the CNI plugin has the same name, so that each is asked while its own are there. */
  const rights = {
    calico: [
      ['calico-node', 'watch ippools.crd.projectcalico.org', 'yes'],
      ['calico-node', 'list endpointslices.discovery.k8s.io', 'yes'],
      ['calico-node', 'create serviceaccounts/calico-cni-plugin --subresource=token -n kube-system', 'yes'],
      ['calico-node', 'get secrets', 'no'],
      ['calico-kube-controllers', 'delete ipamblocks.crd.projectcalico.org', 'yes'],
      ['calico-cni-plugin', 'update ipamhandles.crd.projectcalico.org', 'yes'],
    ],
    canal: [
      ['canal', 'patch nodes --subresource=status', 'yes'],
      ['canal', 'watch felixconfigurations.crd.projectcalico.org', 'yes'],
      ['calico-cni-plugin', 'update ipamhandles.crd.projectcalico.org', 'no'],
    ],
  } as const;
  it.each([
    ['calico', 'log-level'],
    ['calico', 'route-reflectors'],
    ['canal', 'felix'],
  ] as const)(
    '%s with %s is applied at once, then differs in nothing, and its accounts have rights',
    async (plugin, variant) => {
      const chosen = (plugin === 'canal' ? canalVariants : variants)[variant] ?? {};
      const objects = await objectsFor(inventoryFor(chosen, plugin));
      await told(target().apply(objects));
      const found = await target().diff(objects);
      expect('pending' in found ? found.pending : [...found]).toEqual([]);
      const asked = rights[plugin].map(
        ([account, what]) =>
          `kubectl auth can-i ${what} --as system:serviceaccount:kube-system:${account} 2>/dev/null || :`,
      );
      const answers = (await kubectl(asked.join('\n'))).trim().split('\n');
      expect(answers).toEqual(rights[plugin].map(([, , answer]) => answer));
    },
    120_000,
  );

  it('refuses what a FelixConfiguration has no field for, and values that are none', async () => {
    const said = async (felix: object): Promise<string> => {
      const objects = await objectsFor(inventoryFor({ settings: { felix } }));
      const own = objects.filter(({ kind }) => kind === 'FelixConfiguration');
      return dryRun(real, own).then(String, String);
    };
    expect(await said({ noSuchField: true })).toContain('noSuchField');
    expect(await said({ chainInsertMode: 'Sideways' })).toContain('chainInsertMode');
  });

  it('nodes keep what route reflectors and hosts with another AS number are known by', async () => {
    const inventory = inventoryFor(variants['route-reflectors'] ?? {});
    for (const { name } of inventory.hosts)
      await real.kube.run(rawShell(`head -c "$1" | kubectl create -f - >/dev/null`), {
        contents: [Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name } }))],
      });
    const annotations = (name: string): Promise<string> =>
      kubectl(`kubectl get node ${name} -o jsonpath='{.metadata.annotations}'`);
    await target().apply(nodeMetadata(inventory, await liveNodes(real.kube)));
    expect(JSON.parse(await annotations('h3'))).toEqual({
      'projectcalico.org/ASNumber': '64601',
      'projectcalico.org/RouteReflectorClusterID': '244.0.0.2',
    });
    await target().apply(nodeMetadata(inventoryFor({}), await liveNodes(real.kube)));
    expect(await annotations('h3')).toBe('');
  });
});

/** Why Kubernetes 1.20 is refused, and that nothing else would be in the way. */
const old = '1.20.15';
const oldPrograms = programsFor(old);
const oldReason = noUpstream ?? (oldPrograms === undefined ? `Kubernetes ${old} is not on this machine` : undefined);
describe.skipIf(oldReason !== undefined)(`a real apiserver ${old}${because(oldReason)}`, () => {
  let real: RealApiserver;
  beforeAll(async () => {
    if (oldPrograms !== undefined) real = await startApiserver(old, oldPrograms);
  });
  afterAll(() => real.down());

  it('serves no policy/v1, knows no rules in definitions, and takes all else in a dry run', async () => {
    const objects = await objectsFor(inventoryFor({ settings: { typha: 'on' } }));
    const of = (group: string) => objects.filter(({ apiVersion }) => apiVersion.startsWith(group));
    await expect(dryRun(real, of('policy/'))).rejects.toThrow('no matches for kind "PodDisruptionBudget"');
    await expect(dryRun(real, of('apiextensions.k8s.io/'))).rejects.toThrow('"x-kubernetes-validations"');
    const others = ['v1', 'apps/', 'rbac.authorization.k8s.io/'].flatMap(of);
    expect(await dryRun(real, others)).toHaveLength(others.length);
  });
});
