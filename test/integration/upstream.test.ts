import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/engine/stage.ts';
import { clusterObjects } from '../../src/kube/objects.ts';
import { addObjects, edit, objectsOf, upstreamChart, upstreamManifest } from '../../src/network/upstream/index.ts';
import { because, noCharts, noUpstream, upstreamContext } from '../support/upstream.ts';
import { newest } from '../unit/components/fixture.ts';
import { programsFor, startApiserver } from '../unit/kube/real-apiserver.ts';
import type { RealApiserver } from '../unit/kube/real-apiserver.ts';

const newestRelease = '1.36.3';
const oldestRelease = '1.20.15';
const kubeOvn = { component: 'kube-ovn', version: '1.16.2', file: 'kube-ovn.tgz' };
const routerFile = { component: 'kube-router', version: '2.11.1', file: 'generic-kuberouter-all-features.yaml' };

/** Applies objects as a cluster step does, and compares them again. @returns how many differed before and after. */
async function settle(server: RealApiserver, objects: readonly KubeObject[]): Promise<readonly number[]> {
  const target = clusterObjects(server.kube);
  const before = await target.diff(objects);
  await target.apply(objects);
  const after = await target.diff(objects);
  return [before, after].map((changes) => ('pending' in changes ? Number.NaN : changes.size));
}

async function start(version: string): Promise<RealApiserver> {
  const programs = programsFor(version);
  if (programs === undefined) throw new Error(`no programs of ${version}`);
  return await startApiserver(version, programs);
}

function missing(version: string): string | undefined {
  return programsFor(version) === undefined ? `kube-apiserver ${version} or its etcd is not in the cache` : undefined;
}

const noNewest = noUpstream ?? missing(newestRelease);
describe.skipIf(noNewest !== undefined)(`an apiserver of the newest release${because(noNewest)}`, () => {
  let server: RealApiserver;
  beforeAll(async () => {
    server = await start(newestRelease);
  });
  afterAll(async () => server.down());

  test('takes what calico brings, with an object of a kind that comes with it, and then nothing differs', async () => {
    const pool = {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'IPPool',
      metadata: { name: 'default' },
      spec: { cidr: '10.244.0.0/16' },
    };
    const file = { component: 'calico', version: '3.32.1', file: 'calico-typha.yaml' };
    const objects = objectsOf(edit(await upstreamManifest(upstreamContext(newest), file), addObjects(pool)));
    expect(await settle(server, objects)).toEqual([objects.length, 0]);
  });

  test.each([
    ['canal', '3.32.1', 'canal.yaml'],
    ['kube-router', '2.11.1', 'generic-kuberouter-all-features.yaml'],
    ['multus', '4.3.0', 'multus-daemonset-thick.yml'],
  ])('takes what %s brings, and then nothing differs', async (component, version, file) => {
    const objects = objectsOf(await upstreamManifest(upstreamContext(newest), { component, version, file }));
    expect((await settle(server, objects))[1]).toBe(0);
  });

  test.skipIf(noCharts !== undefined)(`takes what kube-ovn's chart gives${because(noCharts)}`, async () => {
    const chart = {
      file: kubeOvn,
      release: 'kube-ovn',
      namespace: 'kube-system',
      values: { MASTER_NODES: '10.0.0.1' },
    };
    const objects = objectsOf(await upstreamChart(upstreamContext(newest, kubeOvn), chart));
    expect((await settle(server, objects))[1]).toBe(0);
  });

  test('shows the plan of an object that needs a newer definition of its kind', async () => {
    const old = [definition(['a']), thing({ a: '1' })];
    expect(await settle(server, old)).toEqual([2, 0]);
    const changed = [definition(['a', 'b']), thing({ a: '1', b: '2' })];
    const changes = await clusterObjects(server.kube).diff(changed);
    if ('pending' in changes) throw new Error(changes.pending);
    expect(changes.get('Thing default/one')?.[0]?.to).toContain('known after apply');
    expect(await settle(server, changed)).toEqual([2, 0]);
  });
});

const noOldest = noUpstream ?? missing(oldestRelease);
describe.skipIf(noOldest !== undefined)(`an apiserver of the oldest release${because(noOldest)}`, () => {
  let server: RealApiserver;
  beforeAll(async () => {
    server = await start(oldestRelease);
  });
  afterAll(async () => server.down());

  test('takes what kube-router brings, and kinds and their objects at once', async () => {
    const router = objectsOf(await upstreamManifest(upstreamContext(newest), routerFile));
    expect(await settle(server, router)).toEqual([router.length, 0]);
    expect(await settle(server, [thing({ a: '1' }), definition(['a'])])).toEqual([2, 0]);
  });
});

function definition(fields: readonly string[]): KubeObject {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]));
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things', singular: 'thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

function thing(spec: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name: 'one', namespace: 'default' }, spec };
}
