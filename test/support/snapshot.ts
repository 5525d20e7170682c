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
  [
    /^sysctl (net\.netfilter|net\.nf_conntrack|net\.ipv4\.vs|net\.bridge)/,
    'they come with the first use of the feature in a network namespace and stay until it ends',
  ],
  [/^unit \S+\.(slice|scope|device|swap|mount) /, 'made by systemd itself for sessions and mounts'],
  [
    /^unit network-online\.target /,
    'a point in the order of units, not a thing: it stays reached once a unit asked for it',
  ],
  [/^mount \/proc\/(sys\/kernel\/random\/boot_id|kmsg) /, 'the lab mounts these anew at each boot of a host'],
  [/^unit (user@|user-runtime-dir@|session|run-|init)/, 'logins'],
];

/** Looks at a host: files (with mode and hash), links, addresses, routes, rules, units, mounts, sysctls, swap. */
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
  const added = [...after].filter(([key]) => !before.has(key)).map(([key, value]) => `+ ${key} ${value}`);
  const changed = [...after].filter(([key, value]) => before.has(key) && before.get(key) !== value);
  return [...gone, ...added, ...changed.map(([key, value]) => `~ ${key}: ${before.get(key) ?? ''} -> ${value}`)];
}

/** The empty tables that merely listing iptables makes carry no rule, so only chains of our own making and rules are listed. */
const script = String.raw`
export LC_ALL=C
find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o -printf 'file %p %y %m %u:%g %l' \( -type f -path '/etc/*' -exec sh -c 'printf " %s" "$(sha256sum < "$1" | cut -c 1-16)"' sh {} \; -o -true \) -printf '\n' 2>/dev/null
for dir in /run /var/lib/docker /var/lib/containerd /var/lib/kubelet /var/lib/etcd; do [ -d $dir ] && find $dir -xdev -printf 'file %p %y %m\n' 2>/dev/null; done
ip -o link | sed 's/@[^:]*//; s/^[0-9]*: \([^:]*\): <\([^>]*\)>.*mtu \([0-9]*\).*/link \1 mtu \3/'
ip -o address | awk '{ print "address " $2 "/" $4 }'
for family in -4 -6; do ip $family -o route show table all | grep -v -e 'proto kernel.*fe80' -e '^multicast' -e '^ff00' -e 'local fe80' -e anycast | sed "s/ /_/g; s/^/route $family:/"; done
for tool in iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft; do
  case $tool in *legacy) [ -s /proc/net/$(case $tool in ip6*) echo ip6;; *) echo ip;; esac)_tables_names ] || continue;; esac
  $tool-save 2>/dev/null | grep -e '^-A' -e '^:' | grep -v -e '^:\(PREROUTING\|INPUT\|FORWARD\|OUTPUT\|POSTROUTING\) ACCEPT' | sed "s/\[[0-9:]*\]//; s/ /_/g; s/^/rule $tool:/"
done
nft list tables 2>/dev/null | grep -v -e 'table ip6* \(filter\|nat\|mangle\|raw\|security\)$' | sed 's/ /_/g; s/^/rule nft:/'
ipset list -n 2>/dev/null | sed 's/^/rule ipset:/'
systemctl list-units --all --plain --no-legend | awk '{ print "unit " $1 " " $3 " " $4 }'
systemctl list-unit-files --no-legend | awk '{ print "unit-file " $1 " " $2 }'
awk '{ print "mount " $5 " " $4 }' /proc/self/mountinfo
sysctl -a 2>/dev/null | sed 's/^\([^ ]*\) = /sysctl \1 /'
sed 's/^/swap /' /proc/swaps
echo "hostname $(cat /proc/sys/kernel/hostname)"
`;
