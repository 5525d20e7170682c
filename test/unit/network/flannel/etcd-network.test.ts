import { expect, test } from 'vitest';
import { etcd } from '../../../../src/components/etcd/etcd.ts';
import { flannel } from '../../../../src/network/flannel/flannel.ts';
import { etcdNetwork, parseLeases } from '../../../../src/network/flannel/etcd-network.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import type { AnyResource } from '../../../../src/resources/define.ts';
import { factsOf, flagsOf, hostOf, inventoryOf } from '../../components/fixture.ts';

const hosts = (cluster: string): Inventory =>
  inventoryOf(`
cluster: { name: one, ${cluster} }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd] }
  - { name: h2, address: 192.0.2.12, roles: [container] }
`);
const newest = hosts('network: { flannel: { etcdPrefix: /a/b, subnetLen: 26, subnetMin: 10.244.8.0 } }');
const oldest = hosts('etcd: { version: 3.4.23 }, network: { flannel: { version: 0.17.0 } }');

function keyOf(inventory: Inventory, secrets?: ReadonlyMap<string, string>): AnyResource {
  const all = etcdNetwork({ inventory, ...(secrets === undefined ? {} : { secrets }) });
  const found = all.find(({ id }) => id.startsWith('etcd-key:'));
  if (found === undefined) throw new Error(all.map(({ id }) => id).join());
  return found;
}
const none = { changing: new Set<string>() };
const wanted = (resource: AnyResource): string => {
  const [content] = resource.apply.contents ?? [];
  return content !== undefined && 'bytes' in content ? content.bytes.toString() : '';
};

test('the same prefix is in the key, the flag and the role', () => {
  const [access] = etcdNetwork({ inventory: newest });
  expect(keyOf(newest).id).toBe('etcd-key:/a/b/config');
  expect(access?.apply.script.sh).toContain('grant-permission flannel readwrite --prefix=true /a/b/');
  const unit = flannel.component({ inventory: newest, host: hostOf(newest, 'h2'), facts: factsOf(), podCIDRs: {} });
  const flags = flagsOf(unit?.text ?? '');
  expect(flags).toMatchObject({
    'etcd-prefix': '/a/b',
    'etcd-endpoints': 'https://192.0.2.11:2379',
    'ip-masq': 'true',
  });
  expect(flags).not.toHaveProperty('kube-subnet-mgr');
  expect(unit?.text).toMatch(/^ExecStartPost=\+\/opt\/k8sup\/lib\/docker-options$/m);
});

test('the configuration is what flannel reads, with the rules that Docker has', () => {
  expect(JSON.parse(wanted(keyOf(newest)))).toEqual({
    Network: '10.244.0.0/16',
    SubnetLen: 26,
    SubnetMin: '10.244.8.0',
    Backend: { Type: 'vxlan', VNI: 1, Port: 8472, DirectRouting: false },
  });
});

test('a plan names the setting that changes, however etcd has the text', () => {
  const key = keyOf(newest);
  const now = JSON.stringify(JSON.parse(wanted(key)));
  const changes = (found: string) => key.diff(key.parse(found), none).map(({ path, from, to }) => [path, from, to]);
  expect(changes(`${now}\n`)).toEqual([]);
  expect(changes(now.replace('10.244.0.0/16', '10.9.0.0/16'))).toEqual([
    ['Network', '"10.9.0.0/16"', '"10.244.0.0/16"'],
  ]);
  expect(changes('')).toEqual([['content', 'absent', now]]);
  expect(changes('no json')).toEqual([['content', 'no json', now]]);
});

test('flannel before 0.18 has it by the v2 API, and etcd serves that', () => {
  const key = keyOf(oldest);
  expect(key.probe.sh).toContain('/v2/keys/coreos.com/network/config');
  expect(key.apply.script.sh).toContain('-X PUT');
  const answer = JSON.stringify({ action: 'get', node: { key: '/x', value: wanted(key) } });
  expect(key.diff(key.parse(answer), none)).toEqual([]);
  expect(key.diff(key.parse(''), none)).toHaveLength(1);
  const member = (inventory: Inventory) => flagsOf(etcd(inventory, hostOf(inventory, 'h1'), factsOf()).text);
  expect(member(oldest)).toMatchObject({ 'enable-v2': 'true' });
  expect(member(newest)).not.toHaveProperty('enable-v2');
});

test('leases are read from both APIs', () => {
  const value = '{"PublicIP":"192.0.2.12","PublicIPv6":null,"BackendType":"vxlan"}';
  const lease = { subnet: '10.244.5.0/24', publicIP: '192.0.2.12', backend: 'vxlan' };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const v3 = { kvs: [{ key: base64('/a/b/subnets/10.244.5.0-24'), value: base64(value) }] };
  const v2 = { node: { dir: true, nodes: [{ key: '/a/b/subnets/10.244.5.0-24', value }] } };
  expect(parseLeases(JSON.stringify(v3))).toEqual([lease]);
  expect(parseLeases(JSON.stringify(v2))).toEqual([lease]);
  expect(parseLeases('{"header":{}}')).toEqual([]);
});
