import { expect, test } from 'vitest';
import { docker } from '../../../../src/components/docker/docker.ts';
import { classic, factsOf, fileOf, hostOf, withExtras } from '../fixture.ts';

const host = hostOf(classic, 'h1');
const withRuntime = (changes: object) => ({
  ...classic,
  cluster: { ...classic.cluster, runtime: { ...classic.cluster.runtime, ...changes } },
});
const daemonJson = (inventory: typeof classic, on = host): unknown =>
  JSON.parse(fileOf(docker(inventory, on, factsOf()), '/etc/docker/daemon.json').content);

test("daemon.json says what the inventory says, with the user's fields over it", () => {
  const inventory = withRuntime({
    registryMirrors: { 'docker.io': ['https://mirror.example'] },
    insecureRegistries: ['reg.example:5000'],
    logMaxSize: '1Gi',
    liveRestore: false,
  });
  const given = withExtras(host, 'docker', { extraConfig: { 'log-opts': { 'max-file': '9' }, debug: true } });
  expect(daemonJson(inventory, given)).toMatchObject({
    'exec-opts': ['native.cgroupdriver=systemd'],
    'registry-mirrors': ['https://mirror.example'],
    'insecure-registries': ['reg.example:5000'],
    'log-opts': { 'max-size': '1g', 'max-file': '9' },
    'live-restore': false,
    debug: true,
  });
});

test('lets pods through the FORWARD chain, unless Docker leaves iptables alone', () => {
  expect(docker(classic, host, factsOf()).text).toContain('K8SUP-DOCKER -s 10.244.0.0/16 -j ACCEPT');
  const given = withExtras(host, 'docker', { extraConfig: { iptables: false } });
  expect(docker(classic, given, factsOf()).text).not.toContain('iptables');
});
