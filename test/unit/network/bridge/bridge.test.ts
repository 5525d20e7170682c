import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bridge } from '../../../../src/network/bridge/bridge.ts';
import { podRoutesScriptFile } from '../../../../src/network/pod-routes/script.ts';
import type { Component } from '../../../../src/components/component.ts';
import type { NetworkTarget } from '../../../../src/network/plugin.ts';
import { factsOf, fileOf, hostOf, inventoryOf, networkOf } from '../../components/fixture.ts';

const podCIDRs = { h1: ['10.244.0.0/24'], h2: ['10.244.1.0/24'], h3: ['10.244.2.0/24'] };
const bridged = networkOf('{ plugin: bridge }');
const target = { inventory: bridged, host: hostOf(bridged, 'h1'), facts: factsOf({ addresses: [] }), podCIDRs };

function component(of: NetworkTarget = target): Component {
  const made = bridge.component(of);
  if (made === undefined) throw new Error('bridge has a component');
  return made;
}

let scratch = '';
beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'k8sup-routes-'))));
afterEach(() => rmSync(scratch, { recursive: true }));

interface Stage {
  readonly routes?: string;
  readonly rules?: string;
  readonly of?: NetworkTarget;
  /** Lines of the file that are not there. */
  readonly without?: RegExp;
  /** The rules are there from the beginning. */
  readonly there?: boolean;
}

/** What is kept is looked at once more, then the script is ended. */
function run(action: string, filter: string, stage: Stage = {}) {
  const { routes = '', rules = 'masquerade', of = target, without = /(?!)/, there = false } = stage;
  const file = join(scratch, 'routes');
  const log = join(scratch, 'log');
  const content = fileOf(component(of), '/etc/kubernetes/pod-routes').content.replace('filter nft', `filter ${filter}`);
  writeFileSync(file, content.replace(without, ''));
  writeFileSync(log, '');
  rmSync(join(scratch, 'slept'), { force: true });
  if (there) writeFileSync(join(scratch, 'slept'), '');
  const family = `case $1 in -6) k='grep :' ;; *) k='grep -v :' ;; esac`;
  const ip = `#!/bin/sh\n${family}\ncase "$*" in *'route show proto'*) printf '${routes}' | $k ;; *'route show '*) printf '${routes}' | grep "^$4 " ;; *) echo "ip $*" >>${log} ;; esac\n`;
  writeFileSync(join(scratch, 'ip'), ip, { mode: 0o755 });
  writeFileSync(
    join(scratch, 'nft'),
    `#!/bin/sh\necho "nft $*" >>${log}\n[ "$1" = -f ] && cat >>${log} || echo '${rules}'\n`,
    { mode: 0o755 },
  );
  const iptables = `#!/bin/sh\necho "\${0##*/} $*" >>${log}\ncase "$*" in *' -C '*) [ -n '${rules}' ] && [ -e ${scratch}/slept ] ;; esac\n`;
  const sleep = `#!/bin/sh\n[ ! -e ${scratch}/slept ] || kill $PPID\necho slept >>${log}\n: >${scratch}/slept\n`;
  writeFileSync(join(scratch, 'sleep'), sleep, { mode: 0o755 });
  for (const name of ['iptables', 'ip6tables']) writeFileSync(join(scratch, name), iptables, { mode: 0o755 });
  const script = podRoutesScriptFile().content.replace(/^PATH=/m, `PATH=${scratch}:`);
  const result = spawnSync('/bin/sh', ['-s', action, file], { input: script, encoding: 'utf8' });
  return { ...result, log: readFileSync(log, 'utf8') };
}

test('CNI configuration: the own subnet, no masquerade of the plugin', () => {
  const [file] = bridge.cniFiles(target);
  expect(JSON.parse(file?.content ?? '')).toMatchObject({
    cniVersion: '1.0.0',
    plugins: [
      {
        type: 'bridge',
        ipMasq: false,
        ipam: { ranges: [[{ subnet: '10.244.0.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap' },
      { type: 'bandwidth' },
    ],
  });
});

test.each([
  ['that of a narrow way out', '', 1400, 1400],
  ['none where the way out has the usual size, or a larger one that others may not have', '', 9000, undefined],
  ['the one that is written', ', mtu: 1300', 1400, 1300],
])('MTU: %s', (_what, written, carried, mtu) => {
  const inventory = networkOf(`{ plugin: bridge${written} }`);
  const facts = factsOf({ addresses: [{ interface: 'eth0', cidr: '10.88.0.11/24' }], links: { eth0: carried } });
  const [file] = bridge.cniFiles({ ...target, inventory, facts });
  const { plugins } = JSON.parse(file?.content ?? '') as { plugins: { mtu?: number }[] };
  expect(plugins[0]?.mtu).toBe(mtu);
});

test('one route for each other node that has a pod CIDR', () => {
  const routes = fileOf(component(), '/etc/kubernetes/pod-routes').content;
  expect(routes).toBe(
    'filter nft\nown 10.244.0.0/24\npods 10.244.0.0/16\nroute 10.244.1.0/24 10.88.0.12\nroute 10.244.2.0/24 10.88.0.13\n',
  );
  const some = component({ ...target, podCIDRs: { h1: podCIDRs.h1, h2: podCIDRs.h2 } });
  expect(fileOf(some, '/etc/kubernetes/pod-routes').content).not.toContain('10.88.0.13');
});

test('nodes on other subnets are reached by the gateway, those on the own directly, and apply says what the router must know', () => {
  const inventory = networkOf('{ plugin: bridge, bridge: { gateways: { h1: 10.88.0.1 } } }');
  const facts = factsOf({ addresses: [{ interface: 'host0', cidr: '10.88.0.11/31' }] });
  const far = { ...target, inventory, facts };
  expect(fileOf(component(far), '/etc/kubernetes/pod-routes').content).toMatch(
    /route 10\.244\.1\.0\/24 10\.88\.0\.1\nroute 10\.244\.2\.0\/24 10\.88\.0\.1\n$/,
  );
  const near = { ...far, facts: factsOf({ addresses: [{ interface: 'host0', cidr: '10.88.0.11/24' }] }) };
  expect(fileOf(component(near), '/etc/kubernetes/pod-routes').content).toContain('route 10.244.1.0/24 10.88.0.12\n');
  expect(bridge.notes?.({ inventory, podCIDRs })).toEqual([
    [
      'the router between the nodes (10.88.0.1) must know where pods are:',
      '  ip route replace 10.244.0.0/24 via 10.88.0.11',
      '  ip route replace 10.244.1.0/24 via 10.88.0.12',
      '  ip route replace 10.244.2.0/24 via 10.88.0.13',
    ].join('\n'),
  ]);
  expect(bridge.notes?.({ inventory: bridged, podCIDRs })).toEqual([]);
});

test('what the chain of plugins does besides can be left out', () => {
  const inventory = networkOf(
    '{ plugin: bridge, mtu: 1400, cni: { portmap: false, bandwidth: false, hairpin: false } }',
  );
  const [file] = bridge.cniFiles({ ...target, inventory });
  const { plugins } = JSON.parse(file?.content ?? '') as { plugins: object[] };
  expect(plugins).toEqual([expect.objectContaining({ type: 'bridge', hairpinMode: false, mtu: 1400 })]);
});

describe('two families', () => {
  const inventory = inventoryOf(`
cluster:
  name: one
  network: { plugin: bridge, podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }
hosts:
  - { name: h1, address: "10.88.0.11,fd88::11", roles: [etcd, master, node] }
  - { name: h2, address: "10.88.0.12,fd88::12", roles: [node] }
`);
  const parts = { h1: ['10.244.0.0/24', 'fd00:10:244::/64'], h2: ['10.244.1.0/24', 'fd00:10:244:1::/64'] };
  const dual = { inventory, host: hostOf(inventory, 'h1'), facts: factsOf({ addresses: [] }), podCIDRs: parts };

  test('pods get an address and a default route of each', () => {
    expect(JSON.parse(bridge.cniFiles(dual)[0]?.content ?? '')).toMatchObject({
      plugins: [
        {
          ipam: {
            ranges: [[{ subnet: '10.244.0.0/24' }], [{ subnet: 'fd00:10:244::/64' }]],
            routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
          },
        },
        {},
        {},
      ],
    });
  });

  test('routes lead to the address of their own family, and are claimed for clean', () => {
    expect(fileOf(component(dual), '/etc/kubernetes/pod-routes').content).toContain(
      'route 10.244.1.0/24 10.88.0.12\nroute fd00:10:244:1::/64 fd88::12\n',
    );
    const routes = bridge.claims(inventory).filter(({ kind }) => kind === 'routes');
    expect(routes.map(({ name }) => name)).toEqual(['10.244.0.0/16', 'fd00:10:244::/56']);
  });

  test('the script makes and checks both', () => {
    const there = '10.244.1.0/24 via 10.88.0.12 \\nfd00:10:244:1::/64 via fd88::12 \\n';
    const { log, stderr } = run('keep', 'nft', { routes: there, of: dual });
    expect(stderr).toBe('');
    expect(log).toContain('ip -4 route replace 10.244.1.0/24 via 10.88.0.12 proto 87\n');
    expect(log).toContain('ip -6 route replace fd00:10:244:1::/64 via fd88::12 proto 87\n');
    expect(log).toContain('ip saddr 10.244.0.0/24 ip daddr != { 10.244.0.0/16, 224.0.0.0/4 } masquerade');
    expect(log).toContain('ip6 saddr fd00:10:244::/64 ip6 daddr != { fd00:10:244::/56, ff00::/8 } masquerade');
    const one = run('check', 'nft', { routes: '10.244.1.0/24 via 10.88.0.12 \\n', of: dual });
    expect(one.status).toBe(1);
    expect(one.stdout).toBe('there is no route to fd00:10:244:1::/64 via fd88::12\n');
    expect(run('keep', 'iptables', { of: dual }).log).toContain(
      'ip6tables -w -t nat -A K8SUP-POSTROUTING -d fd00:10:244::/56 -j RETURN\n',
    );
  });

  test('a family without pods to hide has no rules, and loses those of before', () => {
    const without = /^own fd00.*\n/m;
    const { log, stderr } = run('keep', 'nft', { of: dual, without });
    expect(stderr).toBe('');
    expect(log).toContain('ip saddr 10.244.0.0/24 ip daddr != { 10.244.0.0/16, 224.0.0.0/4 } masquerade');
    expect(log).toContain('nft delete table ip6 k8sup\n');
    expect(log).not.toContain('ip6 saddr');
    const tables = run('keep', 'iptables', { of: dual, without, there: true }).log;
    expect(tables).toContain('ip6tables -w -t nat -X K8SUP-POSTROUTING\n');
    expect(tables).not.toMatch(/ip6tables .* -A /);
    expect(run('down', 'nft', { of: dual, without }).log).not.toContain('table ip6');
    const routes = '10.244.1.0/24 via 10.88.0.12 \\nfd00:10:244:1::/64 via fd88::12 \\n';
    const missing = run('check', 'nft', { routes, rules: '', of: dual, without }).stdout;
    expect(missing).toBe('the masquerade rule is missing\n');
  });
});

test('a node without a pod CIDR is an error with a way out', () => {
  expect(() => bridge.cniFiles({ ...target, podCIDRs: {} })).toThrow(
    expect.objectContaining({ code: 'POD_CIDR_MISSING' }),
  );
});

describe('the routes script, with programs that only write down what they are asked', () => {
  test('makes routes, takes away those of nodes that are gone, and masquerades by nft', () => {
    const { signal, log, stderr } = run('keep', 'nft', {
      routes: '10.244.1.0/24 via 10.88.0.12 \\n10.244.2.0/24 via 10.88.0.13 \\n10.244.9.0/24 via 10.88.0.19 \\n',
    });
    expect(stderr).toBe('');
    expect(signal).toBe('SIGTERM');
    expect(log).toContain('ip -4 route replace 10.244.1.0/24 via 10.88.0.12 proto 87\n');
    expect(log).toContain('ip -4 route replace 10.244.2.0/24 via 10.88.0.13 proto 87\n');
    expect(log.match(/route delete .*/g)).toEqual(['route delete 10.244.9.0/24 proto 87']);
    expect(log).toContain('ip saddr 10.244.0.0/24 ip daddr != { 10.244.0.0/16, 224.0.0.0/4 } masquerade');
    expect(log).not.toContain('iptables');
  });

  const both = '10.244.1.0/24 via 10.88.0.12 \\n10.244.2.0/24 via 10.88.0.13 \\n';

  test.each([
    ['nft', 'masquerade', both, 1],
    ['nft', '', both, 2],
    ['nft', 'masquerade', '10.244.1.0/24 via 10.88.0.12 \\n', 2],
    ['iptables', 'all', both, 1],
    ['iptables', '', both, 2],
  ])('keeps what others take away: %s with %j and routes %j', (filter, rules, routes, times) => {
    const { log } = run('keep', filter, { routes, rules });
    expect(log.match(/route replace 10\.244\.2\.0/g)).toHaveLength(times);
    expect(log.match(/slept/g)).toHaveLength(2);
  });

  test('masquerades by iptables where kube-proxy uses it', () => {
    const { log } = run('keep', 'iptables');
    expect(log).toContain('iptables -w -t nat -A K8SUP-POSTROUTING ! -s 10.244.0.0/24 -j RETURN\n');
    expect(log).toContain(
      'iptables -w -t nat -A POSTROUTING -m comment --comment k8sup pod network -j K8SUP-POSTROUTING',
    );
    expect(log).not.toContain('nft');
  });

  test('leaves blocks out that are to see pods', () => {
    const inventory = networkOf('{ plugin: bridge, nonMasqueradeCIDRs: [10.9.0.0/16, 10.8.0.0/16] }');
    const of = { ...target, inventory };
    const rules = run('keep', 'nft', { of }).log;
    expect(rules).toMatch(
      /ip daddr 10\.9\.0\.0\/16 return\n +ip daddr 10\.8\.0\.0\/16 return\n +ip saddr .* masquerade/,
    );
    const tables = run('keep', 'iptables', { of }).log;
    expect(tables).toMatch(/-A K8SUP-POSTROUTING -d 10\.9\.0\.0\/16 -j RETURN\n(.*\n)+.*-j MASQUERADE/);
  });

  test('down takes away what it made', () => {
    expect(run('down', 'nft').log).toBe('ip -4 route flush proto 87\nnft delete table ip k8sup\n');
    const { log } = run('down', 'iptables', { there: true });
    expect(log).toContain(
      'iptables -w -t nat -D POSTROUTING -m comment --comment k8sup pod network -j K8SUP-POSTROUTING',
    );
    expect(log).toContain('iptables -w -t filter -X K8SUP-FORWARD');
  });

  test('check names what is missing', () => {
    expect(run('check', 'nft', { routes: both })).toMatchObject({ status: 0, stdout: '' });
    expect(run('check', 'nft', { routes: both, rules: '' }).stdout).toBe('the masquerade rule is missing\n');
    expect(run('check', 'iptables', { routes: both, rules: '' }).stdout).toBe(
      'the masquerade rule is missing\nthe rule that lets pod traffic be forwarded is missing\n',
    );
    const one = run('check', 'nft', { routes: '10.244.1.0/24 via 10.88.0.12 \\n' });
    expect(one.status).toBe(1);
    expect(one.stdout).toBe('there is no route to 10.244.2.0/24 via 10.88.0.13\n');
  });
});
