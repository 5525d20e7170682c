import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ownedUndo } from '../../../../src/resources/clean/undo-owned.ts';
import { leftMark } from '../../../../src/resources/left-mark.ts';
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

  it('sets of addresses go by how their names begin', () => {
    const ipset = `ipset() { case $1 in list) printf '%s\\n' cali40a cali60b KUBE-c mine ;; *) echo "$@" ;; esac; }`;
    expect(undo('ipsets', ['cali40 cali60', ''], ipset, ':')).toBe('destroy cali40a\ndestroy cali60b\n');
  });

  /** Without the programs of this machine but those that a host always has. */
  const without = 'hash -r; command() { case $2 in ipset|ipvsadm|tc|bpftool) return 1 ;; esac; }';

  it.each([
    [
      'ipsets',
      'mount -t tmpfs none /sys; mkdir -p /sys/module/ip_set',
      'sets of addresses that begin with cali40 may be',
    ],
    ['ipvs', ipvsTable('TCP  0A600001:01BB rr'), '1 Services are left in its table of IPVS: '],
    ['bpf', ':', 'programs of its network may still be at its interfaces: it has no program tc'],
  ])('of %s it says what may be left where no program can tell', (kind, prepare, said) => {
    const told = undo(kind, ['cali40', ''], `${prepare}\n${without}`, ':');
    expect(told).toMatch(new RegExp(`^${leftMark}${said}.*reboot.*\n$`));
  });

  it('and nothing where there is nothing', () => {
    expect(undo('ipsets', ['cali40', ''], `mount -t tmpfs none /sys\n${without}`, ':')).toBe('');
    expect(undo('ipvs', ['services', ''], `${ipvsTable('')}\n${without}`, ':')).toBe('');
    expect(undo('ipvs', ['services', ''], without, ':')).toBe('');
  });

  it('Services of IPVS go, but not where there were others before', () => {
    const table = `${ipvsTable('UDP  0A60000A:0035 rr')}; ipvsadm() { echo "$@"; : > "$d"; }`;
    expect(undo('ipvs', ['services', ''], table, ':')).toBe('-C\n');
    expect(undo('ipvs', ['services', 'kept'], table, ':')).toBe('');
  });

  it('programs at interfaces go by how their names begin, with the place for them once it is empty', () => {
    const filter = (pref: number, name: string) =>
      `filter protocol all pref ${pref} bpf chain 0 \nfilter protocol all pref ${pref} bpf chain 0 handle 0x1 p:[*fsobj] direct-action not_in_hw id 7 name ${name} tag 7c85c77581178cdb jited`;
    const tc = (egress: string) => `${pair}; d=$(mktemp -d)
printf '${filter(1, 'cali_tc_preambl')}\n' > $d/eth9ingress; printf '${egress}\n' > $d/eth9egress; : > $d/none
tc() { case "$1 $2" in 'filter show') [ "$4" != eth9 ] || cat "$d/$4$5" ;;
  'filter delete') echo "$@"; : > "$d/$4$5" ;; *) echo "$@" ;; esac; }
ip() { case "$*" in *'show dev cali1'*) echo 'cali1: mtu 1500 xdp prog/xdp id 9 name cali_xdp_preamb tag 6' ;; *'show dev lo'*) echo 'lo: prog/xdp id 8 name other' ;; link*) echo "$@" ;; esac; }`;
    expect(undo('bpf', ['cali', ''], tc(filter(5, 'cali_tc_preambl')), ':')).toBe(`link set dev cali1 xdp off
filter delete dev eth9 ingress pref 1
filter delete dev eth9 egress pref 5
qdisc delete dev eth9 clsact
`);
    expect(undo('bpf', ['cali', ''], tc(filter(5, 'other')), ':')).toBe(`link set dev cali1 xdp off
filter delete dev eth9 ingress pref 1
`);
  });

  it('pins of programs go, and those of others stay', () => {
    const pins = `mount -t bpf none /sys/fs/bpf 2>/dev/null || mount -t tmpfs none /sys/fs/bpf
mkdir -p /sys/fs/bpf/tc/globals; mount -t tmpfs none /sys/fs/bpf/tc/globals; cd /sys/fs/bpf/tc/globals; : > cali_v4_routes; : > xdp_cali_x; : > mine`;
    expect(undo('bpf', ['cali', ''], pins, 'ls /sys/fs/bpf/tc/globals')).toBe('mine\n');
  });
});

/** Shows a kernel's table of IPVS with these lines. */
function ipvsTable(services: string): string {
  return `d=$(mktemp); printf 'IP Virtual Server version 1.2.1 (size=4096)\\n${services}\\n' > "$d"
grep() { for word in "$@"; do :; done; if [ "$word" = /proc/net/ip_vs ]; then /bin/grep "$1" "$2" "$d"; else /bin/grep "$@"; fi; }`;
}
