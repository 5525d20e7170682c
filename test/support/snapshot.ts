import type { LabHandle } from './lab.ts';

/** Everything of a host that a cluster could change, a line each. */
export type Snapshot = ReadonlyMap<string, string>;

/**
 * What may differ between two looks at an untouched host, each with its reason. Lines that match are left out of every snapshot.
 */
export const exceptions: readonly (readonly [RegExp, string])[] = [
  [/^file \/(var\/log\/journal|run\/log)\b/, 'the journal grows'],
  [/^file \/var\/log\/(wtmp|lastlog|btmp|faillog)\b/, 'every login is recorded there'],
  [
    /^file \/(run|var\/run)\/(systemd|udev|user|dbus|sudo|sshd|utmp|motd|lock|screen|blkid)/,
    'bookkeeping of systemd, logind, sudo and sshd',
  ],
  [
    /^file \/run\/(sshd\.pid|utmp|agetty\.reload|initctl|xtables\.lock|ebtables\.lock)/,
    'lock and pid files that looking at rules or logging in makes',
  ],
  [/^file \/tmp\/systemd-private|^file \/var\/tmp\/systemd-private/, 'private folders of services'],
  [/^file \/var\/lib\/(systemd|sudo|private|dbus)\b/, 'time stamps and random seeds of systemd, lectures of sudo'],
  [/^file \/var\/cache\/(ldconfig|apt|debconf)\b/, 'caches'],
  [
    /^file \/var\/lib\/(apt\/|dpkg\/(updates|lock|triggers))/,
    'lists and locks that apt-get writes whenever it is asked for a package',
  ],
  [
    /^sysctl (net\.netfilter\.nf_conntrack_(count|buckets)|net\.ipv[46]\.\S*(route|neigh\.\S*)\.\S*)/,
    'counters and per-boot values',
  ],
  [
    /^sysctl (kernel\.(random|ns_last_pid|pty|perf)|fs\.(dentry|inode|file-nr|aio|quota|epoll)|kernel\.keys\.gc)/,
    'counters',
  ],
  [/^unit \S+\.(device|swap|mount) /, 'made by systemd itself for what the lines of mounts, links and swap tell of'],
  [/^unit ((user|system)(-\S+)?\.slice|(session-\S+|init)\.scope) /, 'made by systemd itself for logins and instances'],
  [
    /^unit network-online\.target /,
    'a point in the order of units, not a thing: it stays reached once a unit asked for it',
  ],
  [/^mount \/proc\/(sys\/kernel\/random\/boot_id|kmsg) /, 'the lab mounts these anew at each boot of a host'],
  [/^unit (user@|user-runtime-dir@|run-)/, 'logins'],
];

/** What may be there afterwards although it was not before; where it was, it must be the same. */
export const additions: readonly (readonly [RegExp, string])[] = [
  [
    /^sysctl (net\.netfilter|net\.nf_conntrack|net\.ipv4\.vs|net\.bridge)/,
    'they come with the first use of the feature in a network namespace and stay until it ends',
  ],
];

/** Looks at a host: files (with mode), hashes, links, addresses, routes, rules, units, processes, cgroups of pods, mounts, sysctls, swap. */
export async function snapshot(lab: LabHandle, host: string): Promise<Snapshot> {
  const text = await lab.ssh(host, script);
  const lines = text.split('\n').filter((line) => line !== '' && !exceptions.some(([pattern]) => pattern.test(line)));
  return new Map(
    lines.map((line) => {
      const [kind = '', name = '', ...rest] = line.split(' ');
      return [`${kind} ${name}`, rest.join(' ')];
    }),
  );
}

/** Lines that differ, as a person reads them; empty when nothing does. */
export function difference(before: Snapshot, after: Snapshot): readonly string[] {
  const gone = [...before].filter(([key]) => !after.has(key)).map(([key, value]) => `- ${key} ${value}`);
  const expected = (key: string): boolean => additions.some(([pattern]) => pattern.test(key));
  const added = [...after]
    .filter(([key]) => !before.has(key) && !expected(key))
    .map(([key, value]) => `+ ${key} ${value}`);
  const changed = [...after].filter(([key, value]) => before.has(key) && before.get(key) !== value);
  return [...gone, ...added, ...changed.map(([key, value]) => `~ ${key}: ${before.get(key) ?? ''} -> ${value}`)];
}

/**
 * The empty tables that merely listing iptables makes carry no rule, so only chains of our own making and rules are listed; those tables' rules are not
 * listed by nft a second time. Hashes are of files that people write, as programs' own files are all in packages. Processes are those whose program lies
 * outside /usr, where all of the host's own do: k8sup's and those in containers.
 */
const script = String.raw`
export LC_ALL=C
find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o -printf 'file %p %y %m %u:%g %l\n' 2>/dev/null
find /etc /root /usr/local -xdev -type f -exec sha256sum {} + | sed 's/^\([0-9a-f]*\)  \(.*\)/hash \2 \1/'
find /sys/fs/cgroup -type d \( -name '*kubepods*' -o -name docker \) -prune -printf 'cgroup %p\n'
for exe in /proc/[0-9]*/exe; do readlink "$exe"; done | grep -v '^/usr/' | sed 's/^/process /'
for dir in /run /var/lib/docker /var/lib/containerd /var/lib/kubelet /var/lib/etcd; do [ -d $dir ] && find $dir -xdev -printf 'file %p %y %m\n' 2>/dev/null; done
ip -o link | sed 's/@[^:]*//; s/^[0-9]*: \([^:]*\): <\([^>]*\)>.*mtu \([0-9]*\).*/link \1 mtu \3/'
ip -o address | awk '{ print "address " $2 "/" $4 }'
for family in -4 -6; do ip $family -o route show table all | grep -v -e 'proto kernel.*fe80' -e '^multicast' -e '^ff00' -e 'local fe80' -e anycast | sed "s/ expires [0-9]*sec//; s/ /_/g; s/^/route $family:/"; done
for family in -4 -6; do ip $family rule show | sed "s/[ \t]/_/g; s/^/policy-rule $family:/"; done
for tool in iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft; do
  case $tool in *legacy) [ -s /proc/net/$(case $tool in ip6*) echo ip6;; *) echo ip;; esac)_tables_names ] || continue;; esac
  $tool-save 2>/dev/null | grep -e '^-A' -e '^:' | grep -v -e '^:\(PREROUTING\|INPUT\|FORWARD\|OUTPUT\|POSTROUTING\) ACCEPT' | sed "s/\[[0-9:]*\]//; s/ /_/g; s/^/rule $tool:/"
done
nft -s list ruleset 2>/dev/null | awk '/^table/ { t=$2 "/" $3; known=($2 ~ /^ip6?$/ && $3 ~ /^(filter|nat|mangle|raw|security)$/) } !known && !/^#/ && NF { gsub(/[ \t]+/, "_"); print "rule nft:" t ":" $0 }'
ipset list -n 2>/dev/null | sed 's/^/rule ipset:/'
systemctl list-units --all --plain --no-legend | awk '{ print "unit " $1 " " $3 " " $4 }'
systemctl list-unit-files --no-legend | awk '{ print "unit-file " $1 " " $2 }'
awk '{ print "mount " $5 " " $4 }' /proc/self/mountinfo
sysctl -a 2>/dev/null | sed 's/^\([^ ]*\) = /sysctl \1 /'
sed 's/^/swap /' /proc/swaps
echo "hostname $(cat /proc/sys/kernel/hostname)"
`;
