import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { etcd } from '../../../../src/components/etcd/etcd.ts';
import { factsOf, flagsOf, hostOf, inventoryOf, newest } from '../fixture.ts';

const flags = (inventory: typeof newest) => flagsOf(etcd(inventory, hostOf(inventory, 'h1'), factsOf()).text);
const release = (version: string) =>
  inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.30.9, etcd: { version: ${version} } }
hosts: [{ name: h1, address: 10.88.0.11 }]
`);

test('only certificates of members pass for members', () => {
  const request = new URL('../../../../pki/etcd-peer-csr.json', import.meta.url);
  const { CN } = JSON.parse(readFileSync(request, 'utf8')) as { readonly CN: string };
  expect(flags(newest)).toMatchObject({ 'peer-client-cert-auth': 'true', 'peer-cert-allowed-cn': CN });
});

test.each([
  ['3.4.31', undefined],
  ['3.5.21', 'experimental-watch-progress-notify-interval'],
  ['3.6.5', 'watch-progress-notify-interval'],
])('%s says its progress by %s', (version, flag) => {
  expect(Object.keys(flags(release(version))).filter((name) => name.includes('progress'))).toEqual(
    flag === undefined ? [] : [flag],
  );
});
