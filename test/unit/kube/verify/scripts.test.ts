import { describe, expect, it } from 'vitest';
import { kubeRunner } from '../../../../src/kube/index.ts';
import { checkFromHosts } from '../../../../src/kube/verify/from-hosts.ts';
import { checkFromPods } from '../../../../src/kube/verify/from-pods.ts';
import type { VerifyTarget } from '../../../../src/kube/verify/verify.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { hostOf, inventoryOf } from '../../components/fixture.ts';
import { actionContext } from '../fixture.ts';

const inventory = inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.36.3 }
hosts:
  - { name: node1, address: 10.0.0.1, roles: [etcd, master, node] }
`);
const pods = [
  { name: 'web-a', ips: ['10.244.0.5'], node: 'node1' },
  { name: 'web-b', ips: ['10.244.1.7'], node: 'node2' },
];

/** A stand-in for kubectl in a cluster whose proxies learn of the Service only at the third look. */
const kubectl = `#!/bin/sh
shift 6
later() { echo x >> "/run/$1"; [ "$(wc -l < "/run/$1")" -ge 3 ]; }
case $* in
  *readyz*) echo ok ;;
  *endpointslices*) echo 10.244.0.5; ! later slices || echo 10.244.1.7 ;;
  *'ping -c 1 '*) shift $(($# - 4)); PATH=/srv:$PATH sh -c "$1" sh "$3" "$4" ;;
  *'exec web-a'*ping*) printf '64 bytes: seq=0 time=0.4 ms\\npod web-b saw 10.244.0.5\\n' ;;
  *'exec web-b'*ping*) printf '64 bytes: seq=0 time=0.4 ms\\npod web-a saw 10.244.1.7\\n' ;;
  *nslookup*) printf 'Name: x\\nAddress: 10.96.0.1\\n' ;;
  *k8sup-exec*) echo k8sup-exec ;;
  *logs*) echo 'k8sup-verify started' ;;
  *' nc -w '*) later service || { echo refused >&2; exit 1; }; echo 'pod web-b saw 10.244.0.5' ;;
  *) echo "unexpected $*" >&2; exit 1 ;;
esac`;

/** A check's target in which everything runs on this one host. */
function targetOn(host: FakeHost, of = inventory): VerifyTarget {
  // Waiting is what a retry does; here it would only cost time. The clock goes on where a test says so alone, as looks may take long here.
  host.program('sleep', ':');
  host.program('date', 'echo $(( $(cat /srv/minutes 2>/dev/null | wc -l) * 60 ))');
  host.write('/opt/k8sup/bin/kubectl', kubectl, 0o755);
  // An address of a Service need not answer a ping.
  host.write('/srv/ping', '#!/bin/sh\necho "PING $5 (10.96.0.1): 56 data bytes"; exit 1\n', 0o755);
  const { context } = actionContext(() => undefined, { inventory: of });
  const masters = [{ host: hostOf(inventory, 'node1'), executor: host.executor }];
  return {
    namespace: 'k8sup-verify-1',
    pods,
    clusterIPs: ['10.96.10.20'],
    nodePort: 30123,
    nodes: new Map([
      ['node1', ['10.0.0.1']],
      ['node2', ['fd00::2']],
    ]),
    schedulable: ['node1', 'node2'],
    context: {
      ...context,
      executor: () => host.executor,
      kube: kubeRunner(inventory, masters, () => 'kubeconfig', context.signal),
    },
  };
}

describe.skipIf(noFakeHost !== undefined)('the scripts of a verification', () => {
  it('give proxies a moment to learn of new endpoints, inside the cluster', async () => {
    using host = fakeHost();
    const results = await checkFromPods(targetOn(host));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ name, result }) => [name, result])).toContainEqual(['endpoints', '2 of 2 pods listed']);
    expect(results.map(({ name, result }) => [name, result])).toContainEqual(['ClusterIP', 'web-b']);
    expect(results.find(({ name }) => name === 'DNS search list')?.result).toBe('found as 10.96.0.1');
  });

  it('fail where a pod completes a name to another address', async () => {
    using host = fakeHost();
    const target = targetOn(host);
    const wrong = 'for name; do :; done; echo "PING $name (10.96.0.11): 56 data bytes"';
    host.write('/srv/ping', `#!/bin/sh\necho x >> /srv/minutes\n${wrong}\n`, 0o755);
    expect((await checkFromPods(target)).filter(({ ok }) => !ok)).toMatchObject([
      { name: 'DNS search list', result: 'PING kubernetes.default (10.96.0.11): 56 data bytes' },
    ]);
  });

  it('and from the hosts, for each node', async () => {
    using host = fakeHost();
    const target = targetOn(host);
    host.program(
      'curl',
      `case $* in *fd00*) f=/run/two;; *) f=/run/one;; esac; echo x >> $f; [ "$(wc -l < $f)" -ge 3 ] || { echo refused >&2; exit 7; }; echo "$*" >> /run/asked`,
    );
    host.program('ip', 'echo "10.244.1.7 via 10.0.0.2 dev eth0 uid 0"');
    expect(await checkFromHosts(target)).toMatchObject([
      { name: 'NodePort', ok: true, result: 'all answered' },
      { name: 'route', result: '10.244.1.7 via 10.0.0.2 dev eth0' },
    ]);
    expect(host.read('/run/asked')).toContain('http://[fd00::2]:30123/cgi-bin/who');
  });

  it('say what could not be tried where pods reach no Service', async () => {
    using host = fakeHost();
    host.write('/run/curl', '');
    host.program('curl', 'echo called >> /run/curl');
    host.program('ip', 'echo "10.244.1.7 dev eth0"');
    const { cluster } = inventory;
    const network = { ...cluster.network, plugin: 'macvlan', podsReachServices: false };
    const target = targetOn(host, { ...inventory, cluster: { ...cluster, network } });
    const results = [...(await checkFromPods(target)), ...(await checkFromHosts(target))];
    const skipped = results.filter((result) => result.skipped === true);
    expect(skipped.map(({ name }) => name)).toEqual(['ClusterIP', 'DNS', 'DNS search list', 'NodePort']);
    expect(skipped[0]?.result).toBe('pods reach no Service with macvlan');
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(host.read('/run/curl')).toBe('');
  });

  it('say what was refused to the end, and by whom', async () => {
    using host = fakeHost();
    const target = targetOn(host);
    host.program('curl', 'case $* in *fd00*) echo "curl: (7) refused" >&2; exit 7;; esac');
    host.program('ip', 'echo "RTNETLINK answers: Network is unreachable" >&2; exit 2');
    expect(await checkFromHosts(target)).toMatchObject([
      { name: 'NodePort', ok: false, result: 'node2 at fd00::2 curl: (7) refused' },
      { name: 'route', ok: false, result: 'RTNETLINK answers: Network is unreachable' },
    ]);
  });
});
