import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterTarget } from '../../src/engine/events.ts';
import { killDuringApply } from '../support/kill.ts';
import { bootLab, changesOf, good, noLab } from '../support/lab.ts';
import type { LabHandle } from '../support/lab.ts';
import { mainPids } from '../support/observe.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import type { Snapshot } from '../support/snapshot.ts';

const hosts = ['h1', 'h2'] as const;
const message = /pod network changes from flannel to bridge.*each pod is restarted in place/;

/** All that flannel may have left on a host. */
const flannelRemains = `ip -o link | grep -o 'flannel[^:]*' || :
ls -d /opt/k8sup/bin/flanneld /opt/cni/bin/flannel /etc/kube-flannel /run/flannel /etc/kubernetes/flannel.kubeconfig 2>/dev/null || :
systemctl list-unit-files --no-legend 'flanneld*'
nft list tables | grep flannel || :
ip route show root 10.244.0.0/16 | grep flannel || :
grep -rl flannel /etc/cni/net.d /var/lib/k8sup/manifest /var/lib/k8sup/parts || :`;

const bridgeRemains = `systemctl list-unit-files --no-legend 'k8sup-routes*'
nft list tables | grep -w k8sup || :
ip route show proto 87
ls -d /etc/kubernetes/pod-routes /opt/k8sup/lib/pod-routes 2>/dev/null || :`;

/** One pod without a controller, one in the host's network; both end at once when asked to. */
const pods = (image: string): string =>
  ['bare', 'on-host']
    .map(
      (name) => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: h2
  hostNetwork: ${String(name === 'on-host')}
  containers:
    - { name: c, image: "${image}", command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 1; done'] }`,
    )
    .join('\n---\n');

describe.skipIf(noLab !== undefined)(`one pod network for another${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  let baseline: readonly Snapshot[];
  const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
  const apply = (...flags: readonly string[]) => lab.k8sup('apply', lab.inventory, '-o', 'json', ...flags);
  const choose = (plugin: string): void => lab.edit((inventory) => (inventory.cluster['network'] = { plugin }));
  const restarts = async (pod: string): Promise<string> =>
    lab.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}');

  beforeAll(async () => {
    lab = await bootLab('e2e-change', 2, 'newest');
    baseline = await look();
    let image = '';
    lab.edit((inventory) => (image = String(inventory.cluster['images']?.['verify'])));
    good(await apply('--no-verify'));
    await lab.kubectlWithInput(pods(image), 'apply', '-f', '-');
    await lab.kubectl('wait', '--for=condition=Ready', '--timeout=60s', 'pod/bare', 'pod/on-host');
  });
  afterAll(() => lab.down());

  test('plan tells what pods will notice, and everything that goes and comes', async () => {
    choose('bridge');
    const before = await mainPids(lab, hosts);
    const plan = await lab.k8sup('plan', lab.inventory, '-o', 'json');
    good(plan);
    expect(JSON.stringify(plan.events)).toMatch(message);
    const changes = changesOf(plan);
    for (const host of hosts)
      expect(changes).toEqual(
        expect.arrayContaining([
          `${host} other-owners:network`,
          `${host} service:k8sup-routes.service`,
          `${host} pods:network`,
        ]),
      );
    expect(changes).toContain(`${clusterTarget} ClusterRole k8sup:flannel`);
    expect(await mainPids(lab, hosts)).toEqual(before);
  });

  test('apply asks first, and never does some hosts alone', async () => {
    const unasked = await apply();
    expect([unasked.exitCode, unasked.stderr + unasked.stdout]).toEqual([64, expect.stringMatching(message)]);
    const limited = await apply('--yes', '--limit', 'h1');
    expect(limited.stdout).toContain('UNSAFE_NETWORK_LIMIT');
    expect(await lab.ssh('h1', 'systemctl is-active flanneld.service')).toBe('active');
  });

  test('the old one is taken off every host, each pod is restarted in place in the new one, and the cluster is proved', async () => {
    expect(good(await apply('--yes'))).toMatchObject({ ok: true, failed: 0 });
    for (const host of hosts) expect(await lab.ssh(host, flannelRemains)).toBe('');
    expect(await lab.kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name')).not.toContain('flannel');
    await lab.kubectl('wait', '--for=condition=Ready', '--timeout=60s', 'pod/bare');
    expect([await restarts('bare'), await restarts('on-host')]).toEqual(['1', '0']);
    const address = await lab.kubectl('get', 'pod', 'bare', '-o', 'jsonpath={.status.podIP}');
    expect(await lab.ssh('h1', `ping -c 1 -W 5 ${address} >/dev/null; ip route get ${address}`)).toContain(
      'via 10.88.0.12 dev host0',
    );
    expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
  });

  test('a change that was cut short is finished by the next apply, which need not ask again', async () => {
    choose('flannel');
    await killDuringApply(lab, '06.network', 2);
    expect(good(await apply())).toMatchObject({ ok: true, failed: 0 });
    for (const host of hosts) expect(await lab.ssh(host, bridgeRemains)).toBe('');
    expect(await restarts('on-host')).toBe('0');
    expect(good(await apply('--no-verify'))).toMatchObject({ changed: 0, restarted: 0 });
  });

  test('clean leaves the hosts as they were', async () => {
    good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
    const after = await look();
    expect(baseline.flatMap((before, index) => difference(before, after[index] ?? new Map()))).toEqual([]);
  });
});
