import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootScript, nspawnCommand, type BootSpec } from '../../../src/lab/boot-script.ts';

let folder: string;
let spec: BootSpec;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-boot-'));
  const directory = join(folder, 'h1');
  mkdirSync(directory);
  spec = {
    lab: 'demo',
    host: { name: 'h1', address: '10.88.0.11', subnet: 0, machine: 'demo-h1', directory },
    cgroups: [],
    kmsg: true,
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the supervisor with a program in nspawn's place that ends with these statuses, one for each boot. */
function supervise(
  statuses: readonly number[],
  during = '',
  before = '',
): { boots: number; read: (name: string) => string } {
  const { directory } = spec.host;
  writeFileSync(join(directory, 'boot.sh'), bootScript(spec));
  const fake = `#!/bin/sh\n${before}\necho boot >>'${folder}/boots'\n${during}\nset -- ${statuses.join(' ')}\nshift $(($(wc -l <'${folder}/boots') - 1))\nexit $1\n`;
  writeFileSync(join(folder, 'nsenter'), fake);
  chmodSync(join(folder, 'nsenter'), 0o755);
  writeFileSync(join(folder, 'boots'), '');
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const result = spawnSync('sh', [join(directory, 'boot.sh')], { env, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { boots: readFileSync(join(folder, 'boots'), 'utf8').split('\n').length - 1, read };
}

describe('bootScript', () => {
  it('boots a host again when it wants to reboot, and ends when it powers off', () => {
    writeFileSync(join(spec.host.directory, 'wanted'), '');
    const { boots, read } = supervise([133, 133, 0]);
    expect(boots).toBe(3);
    expect(read('ended')).toBe('0\n');
    const roles = read('processes')
      .trim()
      .split('\n')
      .map((line) => line.replace(/ [0-9]+ [0-9]+$/, ''));
    expect(roles).toEqual(['supervisor', 'nspawn', 'nspawn', 'nspawn']);
  });

  it('says with which status nspawn failed', () => {
    writeFileSync(join(spec.host.directory, 'wanted'), '');
    expect(supervise([1]).read('ended')).toBe('1\n');
  });

  it('boots nothing once the host is no longer wanted', () => {
    const { boots, read } = supervise([0]);
    expect(boots).toBe(0);
    expect(read('processes')).toMatch(/^supervisor [0-9]+ [0-9]+\n$/);
  });

  it('connects the second interface at each boot, as soon as it is there', () => {
    spec = { ...spec, host: { ...spec.host, secondAddress: '10.89.0.11' } };
    writeFileSync(join(spec.host.directory, 'wanted'), '');
    // The first try of each boot fails, as the link is not there yet.
    const connecting = `case "$*" in *' ip link '*) echo "$*" >>'${folder}/links'; exit $(($(wc -l <'${folder}/links') % 2)) ;; esac`;
    supervise([133, 0], '', connecting);
    const words = '--net=/run/netns/k8sup-demo ip link set h1-second master second0 up\n';
    expect(readFileSync(join(folder, 'links'), 'utf8')).toBe(words.repeat(4));
  });

  it('makes a group for the supervisor and one for each boot, and fills a cpuset from its parent', () => {
    const tree = join(folder, 'cpuset/k8sup-lab/demo');
    spec = { ...spec, cgroups: [tree] };
    mkdirSync(join(tree, 'h1-supervisor'), { recursive: true });
    writeFileSync(join(folder, 'cpuset/cpuset.cpus'), '0-3\n');
    writeFileSync(join(folder, 'cpuset/cpuset.mems'), '0\n');
    for (const group of ['..', '.', 'h1-supervisor']) {
      writeFileSync(join(tree, group, 'cpuset.cpus'), '');
      writeFileSync(join(tree, group, 'cpuset.mems'), '');
    }
    writeFileSync(join(spec.host.directory, 'wanted'), '');
    // The kernel's files go with their group; these would keep it.
    supervise([0], `cp '${tree}/h1-1/cgroup.procs' '${folder}/entered'; rm '${tree}/h1-1/cgroup.procs'`);
    expect(readFileSync(join(folder, 'entered'), 'utf8')).toMatch(/^[0-9]+\n$/);
    expect(existsSync(join(tree, 'h1-1'))).toBe(false);
    expect(readFileSync(join(tree, 'h1-supervisor/cpuset.cpus'), 'utf8')).toBe('0-3\n');
    expect(readFileSync(join(tree, 'h1-supervisor/cpuset.mems'), 'utf8')).toBe('0\n');
    expect(readFileSync(join(tree, 'h1-supervisor/cgroup.procs'), 'utf8')).toMatch(/^[0-9]+\n$/);
  });
});

describe('nspawnCommand', () => {
  it('boots in the namespace of the lab with plain folders for data', () => {
    const words = nspawnCommand(spec);
    expect(words.slice(0, 2)).toEqual(['nsenter', '--net=/run/netns/k8sup-demo']);
    expect(words).toContain(`--bind=${spec.host.directory}/data-var-lib-etcd:/var/lib/etcd`);
    expect(words).toContain('--hostname=h1');
    expect(words).toContain('--machine=demo-h1');
    expect(words).toContain('--network-bridge=lab0');
  });

  it('is on the bridge of its subnet', () => {
    const host = { ...spec.host, subnet: 1 };
    expect(nspawnCommand({ ...spec, host })).toContain('--network-bridge=lab1');
  });

  it('has a second link where the host has a second address', () => {
    const host = { ...spec.host, secondAddress: '10.89.0.11' };
    expect(nspawnCommand({ ...spec, host })).toContain('--network-veth-extra=h1-second:host1');
    expect(nspawnCommand(spec).join(' ')).not.toContain('veth-extra');
  });

  it('binds /dev/kmsg only where there is one', () => {
    expect(nspawnCommand(spec)).toContain('--bind=/dev/kmsg');
    expect(nspawnCommand({ ...spec, kmsg: false })).not.toContain('--bind=/dev/kmsg');
  });
});
