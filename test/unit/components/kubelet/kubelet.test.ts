import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubelet } from '../../../../src/components/kubelet/kubelet.ts';
import type { Facts } from '../../../../src/host/facts/model.ts';
import type { Host, Inventory } from '../../../../src/inventory/model.ts';
import { factsOf, fileOf, flagsOf, hostOf, newest, withExtras } from '../fixture.ts';

const host = hostOf(newest, 'h2');

function release(kubernetes: string, type: 'containerd' | 'docker' = 'containerd'): Inventory {
  const { cluster } = newest;
  return {
    ...newest,
    cluster: { ...cluster, versions: { ...cluster.versions, kubernetes }, runtime: { ...cluster.runtime, type } },
  };
}

function made(inventory: Inventory, on: Host = host, facts: Facts = factsOf()) {
  const component = kubelet(inventory, on, facts);
  const config = parse(fileOf(component, '/etc/kubernetes/kubelet.yaml').content) as Record<string, unknown>;
  return { component, config, flags: flagsOf(component.text) };
}

describe('how it reaches its runtime, by release', () => {
  const socket = 'unix:///run/containerd/containerd.sock';

  test.each(['1.20.15', '1.23.17'])('%s with Docker: dockershim', (version) => {
    const { flags, config } = made(release(version, 'docker'));
    expect(flags).toMatchObject({
      'network-plugin': 'cni',
      'cni-conf-dir': '/etc/cni/net.d',
      'pod-infra-container-image': 'registry.k8s.io/pause:3.10',
    });
    expect(flags).not.toHaveProperty('container-runtime-endpoint');
    expect(config).not.toHaveProperty('containerRuntimeEndpoint');
  });

  test('1.23 with containerd: remote, by flag', () => {
    const { flags } = made(release('1.23.17'));
    expect(flags).toMatchObject({ 'container-runtime': 'remote', 'container-runtime-endpoint': socket });
    expect(flags).not.toHaveProperty('network-plugin');
  });

  test('1.26 with containerd: endpoint by flag alone', () => {
    const { flags, config } = made(release('1.26.15'));
    expect(flags).toHaveProperty('container-runtime-endpoint', socket);
    expect(flags).not.toHaveProperty('container-runtime');
    expect(config).not.toHaveProperty('containerRuntimeEndpoint');
  });

  test('1.27 and newer: a field', () => {
    const { flags, config } = made(release('1.27.16'));
    expect(config).toHaveProperty('containerRuntimeEndpoint', socket);
    expect(flags).not.toHaveProperty('container-runtime-endpoint');
    expect(flags).toHaveProperty('pod-infra-container-image');
    expect(made(release('1.35.0')).flags).not.toHaveProperty('pod-infra-container-image');
  });

  test('1.24 and newer with Docker: cri-dockerd', () => {
    const { config, component } = made(release('1.30.0', 'docker'));
    expect(config).toHaveProperty('containerRuntimeEndpoint', 'unix:///run/cri-dockerd.sock');
    expect(component.text).toContain('After=network-online.target docker.service cri-dockerd.service\n');
  });
});

test('cgroups: one driver for kubelet and runtime; version 1 is named where the release would refuse it', () => {
  const old = factsOf({ cgroupVersion: 1, systemdCgroups: false });
  expect(made(newest, host, old).config).toMatchObject({ cgroupDriver: 'cgroupfs', failCgroupV1: false });
  expect(made(release('1.30.0'), host, old).config).not.toHaveProperty('failCgroupV1');
  expect(made(newest).config).not.toHaveProperty('failCgroupV1');
  const forced = {
    ...newest,
    cluster: { ...newest.cluster, runtime: { ...newest.cluster.runtime, cgroupDriver: 'systemd' as const } },
  };
  expect(made(forced, host, old).config).toHaveProperty('cgroupDriver', 'systemd');
});

test('a master that is no node registers with the taint, a node without', () => {
  const master = { ...host, roles: new Set(['master'] as const) };
  const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
  expect(made(newest, master).config).toHaveProperty('registerWithTaints', [taint]);
  expect(made(newest).config).not.toHaveProperty('registerWithTaints');
  const { flags, config } = made(release('1.20.15'), master);
  expect(flags).toHaveProperty('register-with-taints', 'node-role.kubernetes.io/master=:NoSchedule');
  expect(config).not.toHaveProperty('registerWithTaints');
});

test("a user's fields and flags are laid over, and health follows them", () => {
  const given = withExtras(host, 'kubelet', {
    extraArgs: { v: '4' },
    extraConfig: { healthzPort: 20248, maxPods: null, evictionHard: { 'nodefs.available': '1%' } },
  });
  const { flags, config, component } = made(newest, given);
  expect(flags).toHaveProperty('v', '4');
  expect(config).not.toHaveProperty('maxPods');
  expect(config).toHaveProperty('evictionHard', {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  });
  expect(component.health.sh).toContain('http://127.0.0.1:20248/healthz');
});

test('a pod has an end to its processes, and a seccomp profile where the release has one by default, unless the user says otherwise', () => {
  expect(made(newest).config).toMatchObject({ podPidsLimit: 4096, seccompDefault: true });
  expect(made(release('1.26.15')).config).not.toHaveProperty('seccompDefault');
  const given = withExtras(host, 'kubelet', { extraConfig: { podPidsLimit: -1, seccompDefault: false } });
  expect(made(newest, given).config).toMatchObject({ podPidsLimit: -1, seccompDefault: false });
});

test('neither of its own kubeconfigs is an input: both change by themselves', () => {
  expect(made(newest).component.inputs.filter((path) => path.endsWith('.kubeconfig'))).toEqual([]);
});
