import { expect, test } from 'vitest';
import { readContainers } from '../../../../src/cli/status/containers.ts';
import type { RunContext } from '../../../../src/engine/run-context.ts';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { inventoryOf } from '../../components/fixture.ts';

const inventory = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, container] }
  - { name: h2, address: 192.0.2.12, roles: [container] }
`);

const leases = JSON.stringify({
  kvs: [
    ['10.244.5.0-24', '192.0.2.11'],
    ['10.244.6.0-24', '192.0.2.12'],
  ].map(([subnet = '', ip = '']) => ({
    key: base64(`/coreos.com/network/subnets/${subnet}`),
    value: base64(JSON.stringify({ PublicIP: ip, BackendType: 'vxlan' })),
  })),
});
const good = 'SUBNET 10.244.6.1/24\nMTU 1450\nADDRESS 10.244.6.1/24\nBRIDGE_MTU 1450\nTOLD 10.244.6.1/24\n';

/** What is wrong with h2, by what it prints and what etcd says of leases. */
async function wrong(printed: string | K8supError, said: string | undefined): Promise<readonly string[]> {
  const read = (host: string, script: string) => {
    if (script.includes('etcdctl'))
      return Promise.resolve({ exitCode: said === undefined ? 1 : 0, stdout: said ?? '', stderr: '' });
    const text = host === 'h2' ? printed : good.replaceAll('244.6.', '244.5.');
    return text instanceof K8supError
      ? Promise.reject(text)
      : Promise.resolve({ exitCode: 0, stdout: text, stderr: '' });
  };
  const parts = {
    inventory,
    signal: new AbortController().signal,
    executor: ({ name }: { readonly name: string }) => ({ read: (script: string) => read(name, script) }),
  };
  const [h1, h2] = await readContainers(parts as unknown as RunContext);
  if (said === leases) expect(h1?.wrong).toEqual([]);
  return h2?.wrong ?? [];
}

const gone = new K8supError({
  code: 'HOST_UNREACHABLE',
  kind: 'connection',
  what: 'h2 cannot be reached',
  why: 'refused',
});

test.each<[what: string, printed: string | K8supError, said: string | undefined, found: readonly string[]]>([
  ['all that fits', good, leases, []],
  ['a host that has none', '', leases, ['flanneld has no lease']],
  [
    'another address',
    good.replace('ADDRESS 10.244.6.1', 'ADDRESS 172.17.0.1'),
    leases,
    ['docker0 has 172.17.0.1/24 instead of 10.244.6.1/24'],
  ],
  [
    'no bridge',
    'SUBNET 10.244.6.1/24\nMTU 1450\n',
    leases,
    ['docker0 has no address instead of 10.244.6.1/24', "docker0's MTU is unknown instead of 1450"],
  ],
  [
    'another MTU',
    good.replace('BRIDGE_MTU 1450', 'BRIDGE_MTU 1500'),
    leases,
    ["docker0's MTU is 1500 instead of 1450"],
  ],
  [
    'a lease of another subnet',
    good.replaceAll('244.6.1', '244.7.1'),
    leases,
    ['etcd leases 10.244.6.0/24, but flanneld has 10.244.7.1/24'],
  ],
  ['a lease that etcd lost', good, '{"header":{}}', ['etcd has no lease of 10.244.6.1/24 for this host']],
  ['etcd that does not tell', good, undefined, ['no etcd member tells of leases']],
])('of leases against docker0, status tells %s', async (_what, printed, said, found) => {
  expect(await wrong(printed, said)).toEqual(found);
});

test('a host that cannot be reached does not hide the others', async () => {
  expect(await wrong(gone, leases)).toEqual([expect.stringContaining('refused')]);
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
