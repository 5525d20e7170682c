import { expect, test } from 'vitest';
import { k3sRows } from '../../../src/docs/k3s.ts';
import { inventoryOf } from '../components/fixture.ts';

test.each(k3sRows.map((row) => [row.flag, row] as const))('%s', (_flag, { inventory, becomes }) => {
  const { cluster } = inventoryOf(`
cluster:
  name: one
  ${inventory}
hosts: [{ name: a, address: 192.0.2.11 }]
`);
  const found = Object.keys(becomes).map((place) => [place, at(cluster, place.split('.'))]);
  expect(Object.fromEntries(found)).toEqual(becomes);
});

test('has every network option that the guides use', () => {
  const named = k3sRows.map(({ flag }) => flag.slice(2));
  const options = ['cluster-cidr', 'service-cidr', 'service-node-port-range', 'cluster-dns', 'cluster-domain'];
  const backends = ['vxlan', 'ipsec', 'host-gw', 'wireguard', 'none'].map((name) => `flannel-backend=${name}`);
  const others = ['no-flannel', 'flannel-ipv6-masq', 'flannel-conf', 'disable-network-policy', 'docker'];
  const missing = [...options, ...backends, ...others].filter(
    (option) => !named.some((name) => name === option || name.startsWith(`${option}=`)),
  );
  expect(missing).toEqual([]);
});

function at(value: unknown, [key, ...rest]: readonly string[]): unknown {
  return key === undefined ? value : at((value as Record<string, unknown>)[key], rest);
}
