import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { kubeApiserver } from '../../../src/components/apiserver/apiserver.ts';
import type { Component, MakeComponent } from '../../../src/components/component.ts';
import { containerd } from '../../../src/components/containerd/containerd.ts';
import { kubeControllerManager } from '../../../src/components/controller-manager/controller-manager.ts';
import { docker } from '../../../src/components/docker/docker.ts';
import { etcd } from '../../../src/components/etcd/etcd.ts';
import { kubeProxy } from '../../../src/components/kube-proxy/kube-proxy.ts';
import { kubelet } from '../../../src/components/kubelet/kubelet.ts';
import { kubeScheduler } from '../../../src/components/scheduler/scheduler.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { flannel } from '../../../src/network/flannel/flannel.ts';
import { flannelSettings } from '../../../src/network/flannel/settings.ts';
import { binaryPath } from './binaries.ts';
import { classic, factsOf, flagsOf, hostOf, inventoryOf, labFacts, newest } from './fixture.ts';

interface Program {
  readonly make: MakeComponent;
  readonly path: string | undefined;
}

const scratch = mkdtempSync(join(tmpdir(), 'k8sup-components-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const flanneld: MakeComponent = (inventory, host, facts) => {
  const made = flannel.component({ inventory, host, facts, podCIDRs: {} });
  if (made === undefined) throw new Error('flannel has a component');
  return made;
};

describe.each([
  ['newest', newest],
  ['classic', classic],
] as const)('%s profile against real programs', (_profile, inventory) => {
  const host = hostOf(inventory, 'h1');

  test.for(Object.entries(programsOf(inventory)))('%s knows every flag', ([, { make, path }], { skip }) => {
    if (path === undefined) return skip('the program is not on this machine');
    const wanted = Object.keys(flagsOf(make(inventory, host, labFacts).text));
    const known = knownFlags(path);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((flag) => !known.has(flag))).toEqual([]);
  });

  test('a master that is no node has flags its kubelet knows', ({ skip }) => {
    const path = binaryPath('kubernetes', inventory.cluster.versions.kubernetes, 'kubelet');
    if (path === undefined) return skip('the program is not on this machine');
    const master = { ...host, roles: new Set(['master'] as const) };
    const wanted = Object.keys(flagsOf(kubelet(inventory, master, factsOf()).text));
    expect(wanted.filter((flag) => !knownFlags(path).has(flag))).toEqual([]);
  });

  test('kube-proxy reads and accepts its configuration', ({ skip }) => {
    const path = binaryPath('kubernetes', inventory.cluster.versions.kubernetes, 'kube-proxy');
    if (path === undefined) return skip('the program is not on this machine');
    const config = written(kubeProxy(inventory, host, labFacts), 'kube-proxy.yaml');
    const out = join(scratch, 'kube-proxy.out');
    const run = spawnSync(path, [`--config=${config}`, `--write-config-to=${out}`], { encoding: 'utf8' });
    expect(run.stderr).not.toMatch(/unknown field|strict decoding|invalid/i);
    expect(run.status).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(text).toContain(`mode: ${inventory.cluster.kubeProxy.mode}`);
    expect(text).toContain('maxPerCore: 0');
  });

  test('systemd finds no fault in any unit', ({ skip }) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return skip('there is no systemd-analyze');
    for (const { make } of Object.values(programsOf(inventory))) {
      const component = make(inventory, host, labFacts);
      const unit = join(scratch, component.unit);
      // verify wants the programs to be there
      writeFileSync(unit, component.text.replaceAll(/\/opt\/k8sup\/\S+\/[\w-]+(?= \\)/g, '/bin/true'));
      const run = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit], {
        encoding: 'utf8',
      });
      const own = run.stderr.split('\n').filter((line) => line.includes(component.unit));
      expect(own).toEqual([]);
    }
  });
});

test('containerd reads its configuration as it was meant', ({ skip }) => {
  const path = binaryPath('containerd', newest.cluster.versions.containerd, 'containerd');
  if (path === undefined) return skip('the program is not on this machine');
  const config = written(containerd(newest, hostOf(newest, 'h1'), factsOf()), 'config.toml');
  const run = spawnSync(path, ['--config', config, 'config', 'dump'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toContain("sandbox = 'registry.k8s.io/pause:3.10'");
  expect(run.stdout).toContain("config_path = '/etc/containerd/certs.d'");
  expect(run.stdout).toContain("BinaryName = '/opt/k8sup/bin/runc'");
  expect(run.stdout).toContain('SystemdCgroup = true');
  expect(run.stdout).toContain("path = '/var/lib/containerd/opt'");
});

test('etcd 3.5 and older has the flags of its own release', () => {
  const older = inventoryOf(`
cluster: { name: older, etcd: { version: 3.5.21 } }
hosts: [{ name: h1, address: 10.88.0.11 }]
`);
  const flags = flagsOf(etcd(older, hostOf(older, 'h1'), factsOf()).text);
  expect(flags).toHaveProperty('experimental-initial-corrupt-check', 'true');
  expect(flags).not.toHaveProperty('feature-gates');
});

function programsOf(inventory: Inventory): Readonly<Record<string, Program>> {
  const { versions, runtime } = inventory.cluster;
  const kube = (make: MakeComponent, file: string): Program => ({
    make,
    path: binaryPath('kubernetes', versions.kubernetes, file),
  });
  return {
    etcd: { make: etcd, path: binaryPath('etcd', versions.etcd, 'etcd', 'server') },
    'kube-apiserver': kube(kubeApiserver, 'kube-apiserver'),
    'kube-controller-manager': kube(kubeControllerManager, 'kube-controller-manager'),
    'kube-scheduler': kube(kubeScheduler, 'kube-scheduler'),
    kubelet: kube(kubelet, 'kubelet'),
    'kube-proxy': kube(kubeProxy, 'kube-proxy'),
    flanneld: {
      make: flanneld,
      path: binaryPath('flannel', flannelSettings(inventory).version, 'flanneld', 'flannel'),
    },
    ...(runtime.type === 'docker'
      ? { docker: { make: docker, path: binaryPath('docker', versions.docker, 'dockerd') } }
      : { containerd: { make: containerd, path: binaryPath('containerd', versions.containerd, 'containerd') } }),
  };
}

function knownFlags(path: string): ReadonlySet<string> {
  const run = spawnSync(path, ['--help'], { encoding: 'utf8' });
  const text = run.stdout + run.stderr;
  return new Set([...text.matchAll(/^\s+(?:-\w, )?--?([a-z][\w-]*)/gm)].map((match) => match[1] ?? ''));
}

function written(component: Component, name: string): string {
  const file = component.files.find((candidate) => basename(candidate.path) === name);
  const path = join(scratch, name);
  writeFileSync(path, file?.content ?? '');
  return path;
}
