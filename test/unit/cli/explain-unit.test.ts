import { describe, expect, it } from 'vitest';
import { explainUnit } from '../../../src/cli/explain-unit.ts';
import { kubelet } from '../../../src/components/kubelet/kubelet.ts';
import { renderExplanation } from '../../../src/report/index.ts';
import { factsOf, flagsOf, hostOf, inventoryOf } from '../components/fixture.ts';

const inventory = inventoryOf(`cluster:
  name: one
  kubelet:
    maxPods: 50
    extraArgs: { v: 2 }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - name: h2
    address: 192.0.2.12
    kubelet: { extraArgs: { v: 4 }, extraConfig: { evictionHard: { memory.available: 1Gi } } }
`);
const made = (name: string) => {
  const host = hostOf(inventory, name);
  return { host, ...kubelet(inventory, host, factsOf()) };
};
const explained = (name: string, running?: readonly string[]) => explainUnit(inventory, made(name), running);

describe('a unit is explained', () => {
  const flag = (host: string, name: string) => explained(host).flags.find((one) => one.name === name);
  const field = (host: string, name: string) => explained(host).files[0]?.fields.find((one) => one.name === name);

  it.each<readonly [unknown, string, string, unknown]>([
    [flag('h2', 'node-ip'), '192.0.2.12', 'inventory', 'hosts[1].address at /inventory.yaml:9:14'],
    [flag('h2', 'root-dir'), '/var/lib/kubelet', 'default', 'default of cluster.kubelet.rootDir'],
    [flag('h1', 'v'), '2', 'extras', 'cluster.kubelet.extraArgs.v at /inventory.yaml:5:21'],
    [flag('h2', 'v'), '4', 'extras', 'hosts[1].kubelet.extraArgs.v at /inventory.yaml:10:32'],
    [flag('h2', 'config'), '/etc/kubernetes/kubelet.yaml', 'k8sup', 'where k8sup writes its configuration'],
    [field('h2', 'maxPods'), '50', 'inventory', 'cluster.kubelet.maxPods at /inventory.yaml:4:14'],
    [field('h2', 'cgroupDriver'), 'systemd', 'host', 'systemd keeps the cgroups of this host'],
    [field('h2', 'seccompDefault'), 'true', 'release', expect.stringContaining('1.27')],
    [field('h2', 'evictionHard.nodefs.available'), '10%', 'k8sup', expect.stringContaining("kubelet's own defaults")],
  ])('%#', (one, value, from, because) => expect(one).toMatchObject({ value, from, because }));

  it('by the user where he laid something over a field', () => {
    expect(field('h2', 'evictionHard.memory.available')).toMatchObject({ value: '1Gi', from: 'extras' });
  });

  it('beside the process that runs', () => {
    const args = Object.entries(flagsOf(made('h1').text)).map(([name, value]) => `--${name}=${value}`);
    expect(explained('h1', args).differs).toEqual([]);
    const others = args.map((arg) => (arg === '--v=2' ? '--v=9' : arg));
    expect(explained('h1', others).differs).toEqual(['the process does not have --v=2', 'the process has --v=9']);
  });

  it('as text, a value a line with its reason below', () => {
    const text = renderExplanation(explained('h1'));
    expect(text).toMatch(
      /^kubelet\.service on h1\nIt does not run\.\n\nFlags\n {2}--config=\/etc\/kubernetes\/kubelet\.yaml\n {6}k8sup: where /,
    );
    expect(text).toContain('\n/etc/kubernetes/kubelet.yaml\n');
    expect(text).toContain('\n  maxPods: 50\n      inventory: cluster.kubelet.maxPods at /inventory.yaml:4:14\n');
  });
});
