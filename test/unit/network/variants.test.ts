import { expect, test } from 'vitest';
import { networkAdditions, networkPlugins } from '../../../src/network/network.ts';
import { canalVariants } from './canal/variants.ts';
import { ciliumVariants } from './cilium/variants.ts';
import { variants } from './calico/variants.ts';
import { kubeOvnVariants } from './kube-ovn/variants.ts';
import { kubeRouterVariants } from './kube-router/variants.ts';
import { multusVariants } from './multus/variants.ts';
import { nodeLocalDNSVariants } from './node-local-dns/variants.ts';

const nodeLocalDNS = Object.values(nodeLocalDNSVariants).map(
  ({ network }) => (network as { nodeLocalDNS: object }).nodeLocalDNS,
);

/** What is no matter of golden files: which release is taken, and whether. */
const elsewhere = ['version', 'sha256', 'manifestSha256', 'enabled'];

/** Put in behind the chart, of which golden files have the values alone. */
const behindChart: Readonly<Record<string, readonly string[]>> = { cilium: ['images'] };

test.each<[string, readonly (object | undefined)[]]>([
  ['calico', Object.values(variants).map(({ settings }) => settings)],
  ['canal', Object.values(canalVariants).map(({ settings }) => settings)],
  ['kube-router', Object.values(kubeRouterVariants).map(({ settings }) => settings)],
  ['kube-ovn', Object.values(kubeOvnVariants).map(({ settings }) => settings)],
  ['cilium', Object.values(ciliumVariants).map(({ settings }) => settings)],
  ['multus', Object.values(multusVariants).map(({ settings }) => settings)],
  ['nodeLocalDNS', nodeLocalDNS],
])('every setting of %s is in a golden file', (name, written) => {
  const schema = [...networkPlugins, ...networkAdditions].find((one) => one.name === name)?.schema;
  const keys = Object.keys((schema as unknown as { readonly shape: object }).shape);
  const seen = new Set([
    ...elsewhere,
    ...(behindChart[name] ?? []),
    ...written.flatMap((settings) => Object.keys(settings ?? {})),
  ]);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => !seen.has(key))).toEqual([]);
});
