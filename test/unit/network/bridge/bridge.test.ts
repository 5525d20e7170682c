import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bridge } from '../../../../src/network/bridge/bridge.ts';
import { podRoutesScriptFile } from '../../../../src/network/pod-routes/script.ts';
import type { Component } from '../../../../src/components/component.ts';
import { factsOf, fileOf, hostOf, newest } from '../../components/fixture.ts';

const podCIDRs = { h1: '10.244.0.0/24', h2: '10.244.1.0/24', h3: '10.244.2.0/24' };
const target = { inventory: newest, host: hostOf(newest, 'h1'), facts: factsOf(), podCIDRs };

function component(of = target): Component {
  const made = bridge.component(of);
  if (made === undefined) throw new Error('bridge has a component');
  return made;
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

test('one route for each other node that has a pod CIDR', () => {
  const routes = fileOf(component(), '/etc/kubernetes/pod-routes').content;
  expect(routes).toBe(
    'filter nft\nown 10.244.0.0/24\npods 10.244.0.0/16\nroute 10.244.1.0/24 10.88.0.12\nroute 10.244.2.0/24 10.88.0.13\n',
  );
  const some = component({ ...target, podCIDRs: { h1: podCIDRs.h1, h2: podCIDRs.h2 } as typeof podCIDRs });
  expect(fileOf(some, '/etc/kubernetes/pod-routes').content).not.toContain('10.88.0.13');
});

test('a node without a pod CIDR is an error with a way out', () => {
  expect(() => bridge.cniFiles({ ...target, podCIDRs: {} })).toThrow(
    expect.objectContaining({ code: 'POD_CIDR_MISSING' }),
  );
});

describe('the routes script, with programs that only write down what they are asked', () => {
  let scratch = '';
  beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'k8sup-routes-'))));
  afterEach(() => rmSync(scratch, { recursive: true }));

  /** What is kept is looked at once more, then the script is ended. */
  function run(action: string, filter: string, routes = '', rules = 'masquerade') {
    const file = join(scratch, 'routes');
    const log = join(scratch, 'log');
    const content = fileOf(component(), '/etc/kubernetes/pod-routes').content.replace('filter nft', `filter ${filter}`);
    writeFileSync(file, content);
    writeFileSync(log, '');
    const ip = `#!/bin/sh\ncase "$*" in *'route show proto'*) printf '${routes}' ;; *'route show '*) printf '${routes}' | grep "^$4 " ;; *) echo "ip $*" >>${log} ;; esac\n`;
    writeFileSync(join(scratch, 'ip'), ip, { mode: 0o755 });
    writeFileSync(
      join(scratch, 'nft'),
      `#!/bin/sh\necho "nft $*" >>${log}\n[ "$1" = -f ] && cat >>${log} || echo '${rules}'\n`,
      {
        mode: 0o755,
      },
    );
    const iptables = `#!/bin/sh\necho "iptables $*" >>${log}\ncase "$*" in *' -C '*) [ -n '${rules}' ] && [ -e ${scratch}/slept ] ;; esac\n`;
    const sleep = `#!/bin/sh\n[ ! -e ${scratch}/slept ] || kill $PPID\necho slept >>${log}\n: >${scratch}/slept\n`;
    writeFileSync(join(scratch, 'sleep'), sleep, { mode: 0o755 });
    writeFileSync(join(scratch, 'iptables'), iptables, { mode: 0o755 });
    const script = podRoutesScriptFile().content.replace(/^PATH=/m, `PATH=${scratch}:`);
    const result = spawnSync('/bin/sh', ['-s', action, file], { input: script, encoding: 'utf8' });
    return { ...result, log: readFileSync(log, 'utf8') };
  }

  test('makes routes, takes away those of nodes that are gone, and masquerades by nft', () => {
    const { signal, log, stderr } = run(
      'keep',
      'nft',
      '10.244.1.0/24 via 10.88.0.12 \\n10.244.2.0/24 via 10.88.0.13 \\n10.244.9.0/24 via 10.88.0.19 \\n',
    );
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
    const { log } = run('keep', filter, routes, rules);
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

  test('check names what is missing', () => {
    expect(run('check', 'nft', both)).toMatchObject({ status: 0, stdout: '' });
    expect(run('check', 'nft', both, '').stdout).toBe('the masquerade rule is missing\n');
    expect(run('check', 'iptables', both, '').stdout).toBe(
      'the masquerade rule is missing\nthe rule that lets pod traffic be forwarded is missing\n',
    );
    const one = run('check', 'nft', '10.244.1.0/24 via 10.88.0.12 \\n');
    expect(one.status).toBe(1);
    expect(one.stdout).toBe('there is no route to 10.244.2.0/24 via 10.88.0.13\n');
  });
});
