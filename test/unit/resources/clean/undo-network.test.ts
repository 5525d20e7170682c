import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ownedUndo } from '../../../../src/resources/clean/undo-owned.ts';
import { noFakeHost } from '../../../support/fake-executor.ts';

/** Takes one entry back in a network of its own that was prepared first, and gives what is then printed. */
function undo(kind: string, [name, value]: readonly [string, string], prepare: string, look: string): string {
  const script = `${prepare}\nname='${name}' value='${value}'\n( set -e\n${ownedUndo[kind]?.sh ?? ''}\n) || echo failed\n${look}`;
  // With its own /sys, which shows the links of this network.
  const run = spawnSync('unshare', ['-n', '-m', '/bin/sh', '-c', `mount -t sysfs none /sys\n${script}`], {
    encoding: 'utf8',
  });
  return `${run.stdout}${run.stderr}`;
}

const pair = 'ip link set lo up; ip link add cali1 type veth peer name eth9; ip link set cali1 up; ip link set eth9 up';

describe.skipIf(noFakeHost !== undefined)('what a network leaves', () => {
  it('routes go, also those that lead nowhere, and others stay', () => {
    const routes = `${pair}
ip route add 10.244.1.0/26 dev cali1
ip route add blackhole 10.244.2.0/26
ip route add unreachable 10.244.3.0/26 proto 80
ip route add blackhole 10.99.0.0/16`;
    expect(undo('routes', ['10.244.0.0/16', ''], routes, 'ip route')).toBe('blackhole 10.99.0.0/16 \n');
  });

  it('policies of IPsec within a block go, in each direction, and others stay', () => {
    const policy = (from: string, to: string, way: string): string =>
      `ip xfrm policy add src ${from} dst ${to} dir ${way} tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel reqid 11`;
    const policies = [
      policy('10.244.1.0/24', '10.244.2.0/24', 'out'),
      policy('10.244.2.0/24', '10.244.1.0/24', 'in'),
      policy('10.244.2.0/24', '10.244.1.0/24', 'fwd'),
      policy('10.9.0.0/24', '10.244.1.0/24', 'in'),
    ].join('\n');
    const look = 'ip xfrm policy | grep ^src';
    expect(undo('xfrm', ['10.244.0.0/16', ''], policies, look)).toBe('src 10.9.0.0/24 dst 10.244.1.0/24 \n');
    const unable = 'ip() { echo "Cannot open netlink socket" >&2; return 1; }';
    expect(undo('xfrm', ['10.244.0.0/16', ''], unable, ':')).toBe('');
  });

  it.each(['iptables', 'ip6tables'])('the policy of a chain of %s is what it was', (tool) => {
    const kind = tool === 'iptables' ? 'policy' : 'policy6';
    expect(undo(kind, ['FORWARD', 'ACCEPT'], `${tool}() { echo ${tool} "$@"; }`, ':')).toBe(
      `${tool} -P FORWARD ACCEPT\n`,
    );
    expect(undo(kind, ['FORWARD', ''], `${tool}() { echo ${tool} "$@"; }`, ':')).toBe('');
  });

  it('links whose names begin alike go, with their other ends', () => {
    const links = `${pair}\nip link add cali2 type veth peer name cali3\nip link add other type veth peer name mine`;
    expect(undo('links', ['cali', ''], links, 'ls /sys/class/net')).toBe('lo\nmine\nother\n');
  });

  it('links of one kind go, and those of others with such a name stay', () => {
    const links = `ip link add lxc1 type veth peer name eth9\nip link add lxcbr0 type bridge`;
    expect(undo('links', ['lxc', 'ipip veth'], links, 'ls /sys/class/net | grep lxc')).toBe('lxcbr0\n');
    expect(undo('links', ['lxc', 'ipip'], links, 'ls /sys/class/net | grep lxc')).toBe('lxc1\nlxcbr0\n');
  });

  it('a table of routes goes with the rules that look it up, and others stay', () => {
    const tables = `${pair}
ip rule add from 10.244.0.0/24 lookup 77; ip rule add from 10.244.1.0/24 lookup 77; ip rule add from 10.9.0.0/24 lookup 78
ip route add 10.1.0.0/16 dev cali1 table 77; ip route add 10.1.0.0/16 dev cali1 table 78`;
    const look = "ip rule | grep -E '7[78]'; ip route show table 77 2>/dev/null; ip route show table 78";
    const left = undo('route-table', ['77', ''], tables, look);
    expect(left).toMatch(/^\d+:\tfrom 10\.9\.0\.0\/24 lookup 78 ?\n10\.1\.0\.0\/16 dev cali1 scope link ?\n$/);
    expect(undo('route-table', ['77', ''], '', ':')).toBe('');
  });

  it('what is mounted is unmounted, and nothing else', () => {
    const folder = 'd=$(mktemp -d); mount -t tmpfs none "$d"; mkdir "$d/in"; mount -t tmpfs none "$d/in"; cd "$d"';
    const count = 'grep -c " $d" /proc/self/mounts';
    expect(undo('mount', ["'$PWD/in'", ''], folder, count)).toBe('1\n');
    expect(undo('mount', ['/nowhere', ''], ':', ':')).toBe('');
  });

  it.each([
    ['ipip', 'address flush dev tunl0\nlink set tunl0 down\nmodprobe -r ipip\n'],
    ['kept', ''],
  ])('a link that only goes with its module, recorded as %s', (value, calls) => {
    const programs = `ip() { echo "$@"; }; modprobe() { echo modprobe "$@"; }; ls() { :; }`;
    expect(undo('module-link', ['lo', value], programs, ':')).toBe(calls.replaceAll('tunl0', 'lo'));
  });
});
