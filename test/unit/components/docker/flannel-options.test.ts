import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { docker } from '../../../../src/components/docker/docker.ts';
import { dockerOptionsProgram } from '../../../../src/components/docker/flannel-options.ts';
import { factsOf, fileOf, hostOf, inventoryOf } from '../fixture.ts';

const hosts = (version: string) =>
  inventoryOf(`
cluster: { name: one, runtime: { version: ${version} } }
hosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, container] }]
`);

function made(version: string) {
  const inventory = hosts(version);
  const component = docker(inventory, hostOf(inventory, 'h1'), factsOf());
  const config = JSON.parse(fileOf(component, '/etc/docker/daemon.json').content) as Record<string, unknown>;
  return { component, config };
}

describe('Docker without Kubernetes', () => {
  test('starts behind flanneld with the options of its lease, and not without', () => {
    const { component } = made('20.10.24');
    expect(component.text).toMatch(/^After=.*\bflanneld\.service$/m);
    expect(component.text).toMatch(/^EnvironmentFile=\/run\/flannel\/docker_opts\.env$/m);
    expect(component.text).toMatch(/--config-file=\/etc\/docker\/daemon\.json \\\n {2}\$DOCKER_OPTS$/m);
    expect(component.inputs).toContain('/run/flannel/docker_opts.env');
    expect(component.text).toContain('ip link set dev docker0 mtu');
  });

  test('ends its containers with itself, as it would keep the old subnet for them', () => {
    expect(made('20.10.24').config['live-restore']).toBe(false);
  });

  test.each(['20.10.24', '27.5.1'])('%s lets the network pass behind its own rules', (version) => {
    const { component, config } = made(version);
    expect(config).not.toHaveProperty('allow-direct-routing');
    expect(component.text).toContain('iptables -w -A FORWARD -m comment');
    expect(component.text).not.toContain('DOCKER-USER');
  });

  test.each(['28.2.0', '29.1.0'])(
    '%s allows direct routing, and lets the network pass before its own rules drop it',
    (version) => {
      const { component, config } = made(version);
      expect(config['allow-direct-routing']).toBe(true);
      expect(component.text).toContain('iptables -w -I DOCKER-USER -m comment');
      expect(component.text).toContain('-A K8SUP-DOCKER -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT');
    },
  );

  test('with Kubernetes none of it is there', () => {
    const inventory = inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.20.15, runtime: { version: 28.2.0 } }
hosts: [{ name: h1, address: 192.0.2.11 }]
`);
    const component = docker(inventory, hostOf(inventory, 'h1'), factsOf());
    expect(component.text).not.toMatch(/DOCKER_OPTS|flannel|docker0|DOCKER-USER/);
    expect(component.files.map(({ content }) => content).join('')).not.toContain('allow-direct-routing');
  });
});

describe('the program that turns a lease into options of Docker', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'k8sup-docker-options-'));
    mkdirSync(join(dir, 'bin'));
    // As systemd: a unit it does not know is an error for try-restart.
    writeFileSync(
      join(dir, 'bin/systemctl'),
      `#!/bin/sh
echo "$@" >> ${dir}/asked
case $1 in
show) cat ${dir}/docker ;;
*) grep -qx loaded ${dir}/docker || { echo 'Unit docker.service not found.' >&2; exit 5; } ;;
esac
`,
    );
    writeFileSync(join(dir, 'docker'), 'loaded\n');
    chmodSync(join(dir, 'bin/systemctl'), 0o755);
    writeFileSync(join(dir, 'program'), dockerOptionsProgram().content.replaceAll('/run/flannel/', `${dir}/`));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function run(subnet: string, masquerade = 'true'): string {
    const text = `FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=${subnet}\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=${masquerade}\n`;
    writeFileSync(join(dir, 'subnet.env'), text);
    const env = { ...process.env, PATH: `${dir}/bin:${process.env['PATH'] ?? ''}` };
    const result = spawnSync('/bin/sh', [join(dir, 'program')], { encoding: 'utf8', env });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    return readFileSync(join(dir, 'docker_opts.env'), 'utf8');
  }
  const restarts = (): number =>
    readFileSync(join(dir, 'asked'), 'utf8')
      .split('\n')
      .filter((line) => line === 'try-restart --no-block docker.service').length;

  test("writes what flannel's own mk-docker-opts.sh writes", () => {
    expect(run('10.1.44.1/24')).toBe(`DOCKER_OPT_BIP="--bip=10.1.44.1/24"
DOCKER_OPT_IPMASQ="--ip-masq=false"
DOCKER_OPT_MTU="--mtu=1450"
DOCKER_OPTS="--bip=10.1.44.1/24 --ip-masq=false --mtu=1450"
`);
  });

  test('leaves masquerading to Docker where flannel does none', () => {
    expect(run('10.1.44.1/24', 'false')).toContain('DOCKER_OPT_IPMASQ="--ip-masq=true"');
  });

  test('is content where Docker is not there yet', () => {
    writeFileSync(join(dir, 'docker'), 'not-found\n');
    expect(run('10.1.44.1/24')).toContain('--bip=10.1.44.1/24');
    expect(restarts()).toBe(0);
  });

  test('restarts Docker for another lease, and not for the same one', () => {
    run('10.1.44.1/24');
    expect(restarts()).toBe(1);
    run('10.1.44.1/24');
    expect(restarts()).toBe(1);
    run('10.1.45.1/24');
    expect(restarts()).toBe(2);
  });
});
