import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firewallSection, readFirewall } from '../../../../src/host/firewall/facts.ts';
import { firewallNeeds } from '../../../../src/host/firewall/needs.ts';
import {
  firewalldRules,
  iptablesRules,
  nftRules,
  ufwFileRules,
  ufwRules,
} from '../../../../src/host/firewall/rules.ts';
import { readSections } from '../../../../src/host/facts/sections.ts';
import { hostOf, inventoryOf, newest } from '../../components/fixture.ts';

const two = inventoryOf(`
cluster: { name: two, hostPreparation: { firewall: keep } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master] }
  - { name: h2, address: 192.0.2.12, roles: [node] }
`);
const needs = firewallNeeds(two, hostOf(two, 'h1'));

test('what is needed goes by roles, network and node ports', () => {
  const ports = needs.ports.map((need) => `${need.ports}/${need.protocol} ${need.from}`);
  expect(ports).toEqual([
    '2379/tcp hosts',
    '2380/tcp hosts',
    '6443/tcp anyone',
    '10250/tcp hosts',
    '10256/tcp hosts',
    '8472/udp hosts',
    '30000-32767/tcp anyone',
    '30000-32767/udp anyone',
  ]);
  const node = firewallNeeds(two, hostOf(two, 'h2'));
  expect(node.ports.map(({ purpose }) => purpose)).not.toContain('kube-apiserver');
  expect(node).toMatchObject({ peers: ['192.0.2.11'], pods: ['10.244.0.0/16'] });
});

test('a host that runs no pods lets none in, and a lonely one has no other hosts', () => {
  const apart = inventoryOf(`
cluster: { name: apart }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd] }
  - { name: h2, address: 192.0.2.12, roles: [master, node] }
`);
  expect(firewallNeeds(apart, hostOf(apart, 'h1'))).toMatchObject({ pods: [], ports: [{}, {}], protocols: [] });
  const one = inventoryOf('cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]');
  expect(firewallNeeds(one, hostOf(one, 'h1')).ports.map(({ ports }) => ports)).toEqual(['6443', '30000-32767', '30000-32767']); // prettier-ignore
});

test('container hosts let the containers of the others through, and have no node ports', () => {
  const docker = inventoryOf(`
cluster: { name: docker, etcd: { version: 3.5.17 } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, container] }
  - { name: h2, address: 192.0.2.12, roles: [container] }
`);
  expect(firewallNeeds(docker, hostOf(docker, 'h2'))).toMatchObject({
    ports: [{ ports: '8472', protocol: 'udp', from: 'hosts' }],
    pods: ['10.244.0.0/16'],
  });
});

describe('what is neither TCP nor UDP', () => {
  const tunnelled = (network: string) =>
    inventoryOf(`
cluster: { name: two, hostPreparation: { firewall: keep }, network: ${network} }
hosts:
  - { name: h1, address: "192.0.2.11${network.includes('fd00') ? ',2001:db8::11' : ''}", roles: [etcd, master, node] }
  - { name: h2, address: "192.0.2.12${network.includes('fd00') ? ',2001:db8::12' : ''}", roles: [node] }
`);
  const dual = 'podCIDR: "10.244.0.0/16,fd00:1::/56", serviceCIDR: "10.96.0.0/16,fd00:2::/112"';
  const sent = (network: string) => {
    const inventory = tunnelled(network);
    return firewallNeeds(inventory, hostOf(inventory, 'h1'));
  };

  test.each([
    ['{ plugin: flannel, flannel: { backend: ipip } }', [4]],
    ['{ plugin: flannel }', []],
    ['{ plugin: calico }', [4]],
    ['{ plugin: calico, calico: { ipip: never, vxlan: always } }', []],
    ['{ plugin: kube-router }', [4, 41]],
    ['{ plugin: kube-router, kube-router: { overlay: none } }', []],
  ])('%s sends %j', (network, numbers) => {
    expect(sent(network).protocols.map(({ number }) => number)).toEqual(numbers);
  });

  test('each firewall lets it in from the other hosts alone, in the family that it goes by', () => {
    const needed = sent(`{ plugin: kube-router, ${dual} }`);
    expect(nftRules(needed)).toEqual(
      expect.arrayContaining([
        'nft add rule inet filter input ip saddr { 192.0.2.12 } meta l4proto 4 accept',
        'nft add rule inet filter input ip6 saddr { 2001:db8::12 } meta l4proto 41 accept',
      ]),
    );
    const tables = iptablesRules(needed).filter((rule) => / -p \d/.test(rule));
    expect(tables).toEqual([
      'iptables -I INPUT -s 192.0.2.12 -p 4 -j ACCEPT',
      'ip6tables -I INPUT -s 2001:db8::12 -p 41 -j ACCEPT',
    ]);
    const rich = firewalldRules(needed, 'public').flatMap(({ command, query }) =>
      command.includes('protocol value') ? [[command, query[1]]] : [],
    );
    expect(rich).toEqual(
      [
        'rule source ipset="k8sup-hosts" protocol value="4" accept',
        'rule source ipset="k8sup-hosts6" protocol value="41" accept',
      ].map((rule) => [
        `firewall-cmd --permanent --zone=public --add-rich-rule='${rule}'`,
        `--query-rich-rule=${rule}`,
      ]),
    );
  });

  test('ufw has a word for ESP; the others go into the files that it loads first, into their table filter', () => {
    const esp = { ...needs, protocols: [{ number: 50, purpose: 'ESP' }] };
    expect(ufwRules(esp)).toContain('ufw allow from 192.0.2.12 proto esp');
    expect(ufwFileRules(esp)).toEqual([]);
    const files = ['before.rules', 'before6.rules'];
    const folder = mkdtempSync(join(tmpdir(), 'k8sup-ufw-'));
    for (const name of files) {
      writeFileSync(join(folder, name), '*filter\n:x - [0:0]\n# End required lines\n-A x -j ACCEPT\nCOMMIT\n');
    }
    const rules = ufwFileRules(sent(`{ plugin: kube-router, ${dual} }`));
    for (const { command } of rules) {
      spawnSync('/bin/sh', ['-c', command.replace('/etc/ufw', folder)], { encoding: 'utf8' });
    }
    const written = files.map((name) => readFileSync(join(folder, name), 'utf8').split('\n')[3]);
    rmSync(folder, { recursive: true });
    expect(written).toEqual([
      '-A ufw-before-input -s 192.0.2.12 -p 4 -j ACCEPT',
      '-A ufw6-before-input -s 2001:db8::12 -p 41 -j ACCEPT',
    ]);
    expect(rules.map(({ line }) => line)).toEqual(written);
  });
});

test('rules are written as each firewall has them', () => {
  expect(ufwRules(needs)).toEqual([
    'ufw allow 6443/tcp',
    'ufw allow 30000:32767/tcp',
    'ufw allow 30000:32767/udp',
    'ufw allow from 192.0.2.12 to any port 2379,2380,10250,10256 proto tcp',
    'ufw allow from 192.0.2.12 to any port 8472 proto udp',
    'ufw allow from 10.244.0.0/16',
    'ufw route allow from 10.244.0.0/16',
    'ufw route allow to 10.244.0.0/16',
  ]);
  expect(nftRules(needs)).toContain(
    'nft add rule inet filter input ip saddr { 192.0.2.12 } tcp dport { 2379, 2380, 10250, 10256 } accept',
  );
  expect(nftRules(needs)).toContain('nft add rule inet filter input tcp dport { 6443, 30000-32767 } accept');
  expect(nftRules(needs)).toContain('nft add rule inet filter forward ip daddr { 10.244.0.0/16 } accept');
  expect(iptablesRules(needs)).toContain('iptables -I INPUT -s 192.0.2.12 -p udp -m multiport --dports 8472 -j ACCEPT');
  expect(iptablesRules(needs)).toContain('iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT');
  const commands = firewalldRules(needs, 'public').map(({ command }) => command);
  expect(commands[0]).toBe(
    'firewall-cmd --permanent --new-ipset=k8sup-hosts --type=hash:ip; firewall-cmd --permanent --ipset=k8sup-hosts --add-entry=192.0.2.12',
  );
  expect(commands).toContain('firewall-cmd --permanent --zone=public --add-port=6443/tcp');
  expect(commands).toContain(
    `firewall-cmd --permanent --zone=public --add-rich-rule='rule source ipset="k8sup-hosts" port port="8472" protocol="udp" accept'`,
  );
  expect(commands.at(-1)).toBe('firewall-cmd --permanent --zone=trusted --add-source=10.244.0.0/16');
});

describe('a firewall that is kept is asked by its own program', () => {
  let scratch = '';
  beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'k8sup-firewall-'))));
  afterEach(() => rmSync(scratch, { recursive: true }));

  const stand = (name: string, script: string): void => {
    writeFileSync(join(scratch, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const look = () => {
    const helpers = `p() { printf '%s\\t%s\\n' "$1" "$2"; }`;
    const script = `PATH=${scratch}:$PATH\n${helpers}\n${firewallSection(two, hostOf(two, 'h1')).sh}\n`;
    const { stdout, stderr } = spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
    expect(stderr).toBe('');
    return readFirewall(readSections(stdout));
  };

  test('firewalld, in the zone of the interface', () => {
    stand('systemctl', 'case "$*" in *firewalld*) exit 0 ;; esac; exit 3');
    stand('ip', 'echo "2: eth0    inet 192.0.2.11/24 brd 192.0.2.255 scope global eth0"');
    stand(
      'firewall-cmd',
      `case "$*" in --get-zone-of-interface=eth0) echo internal ;; --zone=internal\\ --query-port=6443/tcp) ;; *'--query-rich-rule=rule source ipset="k8sup-hosts" port port="8472" protocol="udp" accept') ;; *) exit 1 ;; esac`,
    );
    const found = look();
    const there = found?.kind === 'firewalld' ? [...found.there] : [];
    expect(found).toMatchObject({ kind: 'firewalld', zone: 'internal' });
    expect(there.map((index) => firewalldRules(needs, 'internal')[index]?.query[1])).toEqual([
      '--query-rich-rule=rule source ipset="k8sup-hosts" port port="8472" protocol="udp" accept',
      '--query-port=6443/tcp',
    ]);
  });

  test('ufw, by what was added to it', () => {
    stand('systemctl', 'case "$*" in *ufw*) exit 0 ;; esac; exit 3');
    stand('ufw', 'echo "Added user rules (see \'ufw status\' for running firewall):"; echo "ufw allow 6443/tcp"');
    stand('cat', 'echo "# a comment"; echo "-A ufw-before-input -s 192.0.2.12 -p 4 -j ACCEPT"');
    expect(look()).toEqual({
      kind: 'ufw',
      added: ['ufw allow 6443/tcp'],
      before: ['-A ufw-before-input -s 192.0.2.12 -p 4 -j ACCEPT'],
    });
  });

  test('neither where none is on, and none where k8sup switches it off', () => {
    stand('systemctl', 'exit 3');
    expect(look()).toBeUndefined();
    expect(firewallSection(newest, hostOf(newest, 'h1')).sh).toBe(':');
  });
});
