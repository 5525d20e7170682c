import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/engine/stage.ts';
import { clusterObjects } from '../../../src/kube/index.ts';
import { rawShell } from '../../../src/shell/sh.ts';
import { because, noCharts, noUpstream } from '../../support/upstream.ts';
import { programsFor, served, startApiserver } from '../kube/real-apiserver.ts';
import type { RealApiserver } from '../kube/real-apiserver.ts';
import { inventoryFor } from './calico/variants.ts';
import { kubeOvnVariants } from './kube-ovn/variants.ts';
import { kubeRouterVariants, policyVariants } from './kube-router/variants.ts';
import { multusVariants } from './multus/variants.ts';
import { nodeLocalDNSVariants } from './node-local-dns/variants.ts';
import { inventoryBeside, objectsFor } from './rendering.ts';

const tree = { component: 'kube-ovn', version: '1.16.2' };

/** Objects of every variant by a title; a list of those that are not to be had on this machine is empty. */
type Rendered = readonly (readonly [string, () => Promise<readonly KubeObject[]>])[];

const kubeRouter: Rendered = [
  ...Object.entries(kubeRouterVariants).map(
    ([name, variant]) =>
      [`kube-router ${name}`, () => objectsFor('kube-router', inventoryFor(variant, 'kube-router'))] as const,
  ),
  ...Object.entries(policyVariants).map(
    ([name, { plugin, network = {} }]) => [name, () => objectsFor('policy', inventoryBeside(plugin, network))] as const,
  ),
];

const beside: Rendered = [
  ...Object.entries(multusVariants).map(
    ([name, { settings, cluster }]) =>
      [
        `multus ${name}`,
        () => objectsFor('multus', inventoryBeside('flannel', { multus: { enabled: true, ...settings } }, cluster)),
      ] as const,
  ),
  ...Object.entries(nodeLocalDNSVariants).map(
    ([name, { network, cluster }]) =>
      [
        `node-local-dns ${name}`,
        () => objectsFor('nodeLocalDNS', inventoryBeside('flannel', network, cluster)),
      ] as const,
  ),
];

/** Where helm is not in the cache, its own test says so. */
const kubeOvn: Rendered =
  noCharts === undefined
    ? Object.entries(kubeOvnVariants).map(
        ([name, variant]) =>
          [`kube-ovn ${name}`, () => objectsFor('kube-ovn', inventoryFor(variant, 'kube-ovn'), tree)] as const,
      )
    : [];

const everything: Rendered = [...kubeRouter, ...beside, ...kubeOvn];
/** Kubernetes 1.20 lacks what some of them watch, which their own rules refuse; what they are, its API server must take all the same. */
const olderToo: Rendered = [...kubeRouter, ...beside];

const isDefinition = ({ kind }: KubeObject): boolean => kind === 'CustomResourceDefinition';

async function all(rendered: Rendered): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(rendered.map(([, objects]) => objects()));
  return [...new Map(lists.flat().map((object) => [JSON.stringify(object), object])).values()];
}

/** How many objects a server-side apply would make or change. */
async function dryRun(real: RealApiserver, objects: readonly KubeObject[]): Promise<number> {
  const contents = [Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))];
  const script = `head -c "$1" | kubectl apply --server-side --force-conflicts --dry-run=server -o name -f -`;
  return (await real.kube.run(rawShell(script), { contents })).trim().split('\n').length;
}

function suite(version: string, rendered: Rendered, more: (real: () => RealApiserver) => void): void {
  const programs = programsFor(version);
  const reason = noUpstream ?? (programs === undefined ? `Kubernetes ${version} is not on this machine` : undefined);
  describe.skipIf(reason !== undefined)(`a real apiserver ${version}${because(reason)}`, () => {
    let real: RealApiserver;
    beforeAll(async () => {
      if (programs !== undefined) real = await startApiserver(version, programs);
    });
    afterAll(() => real.down());

    it('takes every object of every variant, once its definitions are there', async () => {
      const objects = await all(rendered);
      const definitions = objects.filter(isDefinition);
      await clusterObjects(real.kube).apply(definitions);
      await served(real.kube, definitions);
      const others = objects.filter((object) => !isDefinition(object));
      expect(await dryRun(real, others)).toBe(others.length);
    });
    more(() => real);
  });
}

suite('1.36.3', everything, (real) => {
  it.each(everything.filter(([title]) => /default|thick|beside|node-local/.test(title)))(
    '%s is applied at once, and then differs in nothing',
    async (_title, objects) => {
      const wanted = await objects();
      await clusterObjects(real().kube).apply(wanted);
      const found = await clusterObjects(real().kube).diff(wanted);
      expect('pending' in found ? found.pending : [...found]).toEqual([]);
    },
  );

  it.each([
    ['kube-router', 'list', 'endpointslices.discovery.k8s.io', 'yes'],
    ['kube-router', 'watch', 'networkpolicies.networking.k8s.io', 'yes'],
    ['kube-router', 'get', 'secrets', 'no'],
    ['multus', 'list', 'network-attachment-definitions.k8s.cni.cncf.io', 'yes'],
    ['multus', 'get', 'secrets', 'no'],
    ['node-local-dns', 'list', 'services', 'no'],
  ])('the account %s may %s %s: %s', async (account, verb, what, answer) => {
    const script = `kubectl auth can-i ${verb} ${what} --as system:serviceaccount:kube-system:${account} || :`;
    expect((await real().kube.run(rawShell(script))).trim()).toBe(answer);
  });
});

suite('1.20.15', olderToo, () => undefined);
