import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../src/engine/stage.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { clusterObjects, liveNodes, nodeMetadata } from '../../../../src/kube/index.ts';
import { calicoSettings } from '../../../../src/network/calico/calico.ts';
import { calicoObjects } from '../../../../src/network/calico/edits.ts';
import { canalSettings } from '../../../../src/network/canal/canal.ts';
import { canalObjects } from '../../../../src/network/canal/edits.ts';
import { upstreamManifest } from '../../../../src/network/upstream/index.ts';
import { rawShell } from '../../../../src/shell/sh.ts';
import { because, noUpstream, upstreamContext } from '../../../support/upstream.ts';
import { programsFor, startApiserver } from '../../kube/real-apiserver.ts';
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

const isDefinition = ({ kind }: KubeObject): boolean => kind === 'CustomResourceDefinition';

describe.skipIf(reason !== undefined)(`a real apiserver ${version}${because(reason)}`, () => {
  let real: RealApiserver;
  beforeAll(async () => {
    if (programs !== undefined) real = await startApiserver(version, programs);
  }, 90_000);
  afterAll(() => real.down());

  const target = () => clusterObjects(real.kube);
  const kubectl = (script: string): Promise<string> => real.kube.run(rawShell(script));
  const changes = async (objects: readonly KubeObject[]): Promise<readonly string[]> => {
    const found = await target().diff(objects);
    if ('pending' in found) throw new Error(found.pending);
    return [...found].flatMap(([id, list]) => list.map(({ path }) => `${id} ${path}`));
  };

  it('takes all of Calico at once, definitions first, and then differs in nothing', async () => {
    const objects = await objectsFor(inventoryFor({ settings: { typha: 'on' } }));
    await target().apply(objects);
    expect(await changes(objects)).toEqual([]);
    const established = await kubectl(
      `kubectl get customresourcedefinitions -o jsonpath='{range .items[*]}{.status.conditions[?(@.type=="Established")].status}{" "}{end}'`,
    );
    expect(established.trim().split(' ')).toEqual(Array.from({ length: 23 }, () => 'True'));
  }, 120_000);

  const changed = async (inventory: Inventory): Promise<readonly KubeObject[]> =>
    (await objectsFor(inventory)).filter((object) => !isDefinition(object));
  const all = [
    ...Object.entries(variants).map(([name, variant]) => [`calico ${name}`, () => inventoryFor(variant)] as const),
    ...Object.entries(canalVariants).map(
      ([name, variant]) => [`canal ${name}`, () => inventoryFor(variant, 'canal')] as const,
    ),
  ];
  it.each(all)('takes %s', async (_name, inventory) => {
    const objects = await changed(inventory());
    // A pool's block and addresses cannot change: each variant has a cluster of its own.
    await kubectl('kubectl delete ippools.crd.projectcalico.org --all >/dev/null');
    await target().apply(objects);
    expect(await changes(objects)).toEqual([]);
  });

  it('refuses what a FelixConfiguration has no field for, and values that are none', async () => {
    for (const felix of [{ noSuchField: true }, { chainInsertMode: 'Sideways' }]) {
      const objects = await changed(inventoryFor({ settings: { felix } }));
      await expect(target().apply(objects)).rejects.toThrow();
    }
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

  it("the accounts of its pods may do what upstream's roles say", async () => {
    const may = (account: string, verb: string, what: string): Promise<string> =>
      kubectl(`kubectl auth can-i ${verb} ${what} --as system:serviceaccount:kube-system:${account} || :`);
    const asked = [
      ['calico-node', 'watch', 'ippools.crd.projectcalico.org', 'yes'],
      ['calico-node', 'list', 'endpointslices.discovery.k8s.io', 'yes'],
      ['calico-node', 'create', 'serviceaccounts/calico-cni-plugin --subresource=token -n kube-system', 'yes'],
      ['calico-node', 'get', 'secrets', 'no'],
      ['calico-kube-controllers', 'delete', 'ipamblocks.crd.projectcalico.org', 'yes'],
      ['calico-cni-plugin', 'update', 'ipamhandles.crd.projectcalico.org', 'yes'],
      ['canal', 'patch', 'nodes --subresource=status', 'yes'],
    ] as const;
    for (const [account, verb, what, answer] of asked)
      expect([account, verb, what, (await may(account, verb, what)).trim()]).toEqual([account, verb, what, answer]);
  });
});

/** Why Kubernetes 1.20 is refused: one kind it does not serve, and nothing else. */
const old = '1.20.15';
const oldPrograms = programsFor(old);
const oldReason = noUpstream ?? (oldPrograms === undefined ? `Kubernetes ${old} is not on this machine` : undefined);
describe.skipIf(oldReason !== undefined)(`a real apiserver ${old}${because(oldReason)}`, () => {
  let real: RealApiserver;
  beforeAll(async () => {
    if (oldPrograms !== undefined) real = await startApiserver(old, oldPrograms);
  }, 90_000);
  afterAll(() => real.down());

  it('serves no policy/v1, and takes all else in a dry run', async () => {
    const objects = await objectsFor(inventoryFor({ settings: { typha: 'on' } }));
    const budgets = objects.filter(({ apiVersion }) => apiVersion === 'policy/v1');
    await expect(clusterObjects(real.kube).apply(budgets)).rejects.toThrow();
    await clusterObjects(real.kube).apply(objects.filter(isDefinition));
    const others = objects.filter((object) => !isDefinition(object) && !budgets.includes(object));
    const dry = `head -c "$1" | kubectl apply --server-side --dry-run=server -o name -f -`;
    const contents = [Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: others }))];
    const names = await real.kube.run(rawShell(dry), { contents });
    expect(names.trim().split('\n')).toHaveLength(others.length);
  }, 120_000);
});
