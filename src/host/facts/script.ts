import type { Host, Inventory } from '../../inventory/model.ts';
import { fileIn } from '../../shell/file-in.ts';
import { searchMore } from '../../shell/program-path.ts';
import { lines, rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { firewallSection } from '../firewall/facts.ts';
import { dataDirectories, diskNeeds } from './disk.ts';
import { kernelParts } from './kernel-parts.ts';
import { resolvedConf, sysctlFile } from './parse-network.ts';
import { portsOf } from './ports.ts';
import { otherPrograms, programsFor } from './programs.ts';
import { remainsPaths, unitNames } from './remains.ts';

/** Says which cluster a host belongs to: its id, a space, its name. Written before anything else, taken away last. */
export const clusterMarkPath = '/var/lib/k8sup/cluster';

/** Says who last changed anything there: one line for people. */
export const appliedByPath = '/var/lib/k8sup/applied-by';

const ownershipManifest = '/var/lib/k8sup/manifest';

/**
 * One script that reads all of a host's facts and changes nothing: it loads no module (so no netlink socket diagnosis, no listing of rules), and
 * forks little: files are printed by one grep as `PATH:LINE`, decisions are left to `parseFacts`. Needs a POSIX shell, coreutils, grep, sed and systemd.
 *
 * Its output is sections, each begun by `@@NAME`.
 */
export function factsScript(inventory: Inventory, host: Host): Sh {
  return lines([
    helpers,
    rawShell(`IFS= read -r release < /proc/sys/kernel/osrelease`),
    valuesSection(inventory, host),
    kernelSection(),
    diskSection(diskNeeds(inventory, host).map((need) => need.path)),
    socketsSection(portsOf(inventory, host).map((port) => port.port)),
    unitsSection,
    firewallSection(inventory, host),
    filesSection(),
    // Last, so that it is read as close as can be to when the controller reads its own.
    rawShell(`echo @@clock\ndate '+%s %N'`),
  ]);
}

const tab = '\t';
const helpers = rawShell(`${searchMore.sh}
tab='${tab}'
p() { printf '%s\\t%s\\n' "$1" "$2"; }`);

/** systemd's version, as its own library is named: the program itself takes longer than all files together. It is asked where that is not clear. */
const systemdVersion = `if [ -d /run/systemd/system ]; then
  set -- /usr/lib/systemd/libsystemd-shared-*.so /usr/lib/*/systemd/libsystemd-shared-*.so /usr/lib64/systemd/libsystemd-shared-*.so
  v=
  for f do [ -e "$f" ] || continue; f=\${f##*/libsystemd-shared-}; v="$v \${f%%[!0-9]*}"; done
  case $v in ' '[1-9]*' '*|''|' ') v= ;; esac
  [ -z "$v" ] && p systemd "$(systemctl --version)" || p systemd "systemd$v"
fi`;

/**
 * The kind of container that this host is, as systemd-detect-virt finds it: told by the container's manager to systemd, which writes it down
 * (https://systemd.io/CONTAINER_INTERFACE), or by marks of those that tell nothing;
 * 4026531835 is the number of the first cgroup namespace (PROC_CGROUP_INIT_INO).
 */
const containerKind = `c=
[ ! -r /run/systemd/container ] || IFS= read -r c < /run/systemd/container
case $release in *[Mm]icrosoft*|*WSL*) c=\${c:-wsl} ;; esac
[ ! -d /proc/vz ] || [ -d /proc/bc ] || c=\${c:-openvz}
[ ! -e /run/.containerenv ] || c=\${c:-podman}
[ ! -e /.dockerenv ] || c=\${c:-docker}
[ -n "$c" ] || case $(readlink /proc/self/ns/cgroup) in ''|'cgroup:[4026531835]') ;; *) c=container-other ;; esac
[ -z "$c" ] || p container-kind "$c"`;

function valuesSection(inventory: Inventory, host: Host): Sh {
  const programs = [...programsFor(inventory, host).map(({ program }) => program), ...otherPrograms];
  return lines([
    rawShell(`echo @@values
p machine "$(uname -m)"
p cpus "$(nproc)"
${systemdVersion}
${containerKind}
[ -f /sys/fs/cgroup/cgroup.controllers ] && p cgroup 2 || p cgroup 1
[ -d /sys/fs/cgroup/memory/system.slice ] && [ -d /sys/fs/cgroup/pids/system.slice ] && p systemdSlices yes
[ -f ${resolvedConf} ] && p resolved yes
[ -d /sys/fs/selinux ] && [ -e /sys/fs/selinux/enforce ] && p selinuxfs yes
command -v iptables >/dev/null && p iptables "$(iptables --version 2>/dev/null)"`),
    sh`for x in ${programs}; do command -v "$x" >/dev/null && p program "$x"; done`,
    ...remainsPaths.map(
      ({ of, paths }) => sh`for f in ${paths}; do [ -e "$f" ] && p remains ${of}":$f" && break; done`,
    ),
    sh`for d in ${dataDirectories(inventory, host).map(({ path }) => path)}; do [ -d "$d" ] || continue; f=$(${rawShell(fileIn('d'))} 2>/dev/null); [ -z "$f" ] || p filled "$d$tab$f"; done`,
    // What a network's own pods write is a path that the ownership manifest has.
    sh`for f in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist /etc/cni/net.d/*.json; do
  [ -f "$f" ] && ! grep -qxF "path$tab$f$tab" ${ownershipManifest} 2>/dev/null && p cni "\${f##*/}"
done`,
    rawShell(`for d in /run/containerd/io.containerd.runtime.v2.task/*/*/ /run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/*/; do
  [ -d "$d" ] || continue
  d=\${d%/*/}; p container "\${d##*/}"
done
echo @@addresses
if command -v ip >/dev/null; then ip -o addr show; else cat /proc/net/fib_trie; [ ! -e /proc/net/if_inet6 ] || cat /proc/net/if_inet6; fi
echo @@links
grep -s '' /dev/null /sys/class/net/*/mtu`),
  ]);
}

function kernelSection(): Sh {
  const modules = kernelParts.map((part) => part.module);
  const evidence = kernelParts.filter((part) => part.evidence !== undefined);
  const builtin = `^(.*/)?(${modules.join('|')})\\.ko`;
  const config = `^CONFIG_(${kernelParts.map((part) => part.config).join('|')})=[ym]`;
  return lines([
    sh`echo @@kernel
for m in ${modules}; do [ -d "/sys/module/$m" ] && p present "$m"; done`,
    ...evidence.map((part) => sh`[ -e ${part.evidence ?? ''} ] && p present ${part.module}`),
    sh`if [ -f "/lib/modules/$release/modules.builtin" ] || [ -f "/lib/modules/$release/modules.dep" ]; then
  p tree yes
  echo @@builtin; grep -sohE ${builtin} "/lib/modules/$release/modules.builtin"
  echo @@loadable; grep -sohE ${`^([^:]*/)?(${modules.join('|')})\\.ko`} "/lib/modules/$release/modules.dep"
fi
if [ -r "/boot/config-$release" ]; then echo @@config; grep -hE ${config} "/boot/config-$release"
elif [ -r /proc/config.gz ] && command -v gzip >/dev/null; then echo @@config; gzip -dc /proc/config.gz | grep -E ${config}; fi`,
  ]);
}

/** Free space of the file system that each path is on, or will be on. */
function diskSection(paths: readonly string[]): Sh {
  return sh`echo @@disk
set --
for path in ${paths}; do
  d=$path
  while [ -n "$d" ] && [ ! -d "$d" ]; do d=\${d%/*}; done
  p path "$path"; set -- "$@" "\${d:-/}"
done
echo @@df
df -Pk "$@"`;
}

/** Sockets at the ports that matter, by inode, and the processes that hold them; without netlink, which would load a module. */
function socketsSection(ports: readonly number[]): Sh {
  const hex = [...new Set(ports)].map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
  const listening = `:(${hex.join('|')}) [0-9A-F]+:0000 (0A|07) `;
  return sh`echo @@sockets
sockets=$(grep -sE ${listening} /dev/null /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6)
printf '%s\\n' "$sockets"
inodes=
while IFS= read -r line; do
  set -f; set -- \${line#*:}; set +f
  case \${10-} in ''|0) ;; *) inodes="$inodes|\${10}" ;; esac
done <<END
$sockets
END
if [ -n "$inodes" ]; then
  echo @@holders
  files=; pid=; tell=
  while IFS= read -r line; do case $line in
    /proc/*) pid=\${line%/fd:} ;;
    *) i=\${line##*[}; p "\${i%]}" "$pid"; case " $files " in *" $pid/comm "*) ;; *) files="$files $pid/comm $pid/cgroup" ;; esac ;;
  esac; done <<END
$(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -E "^/proc/|socket:\\[(\${inodes#|})\\]")
END
  echo @@processes
  grep -s '' /dev/null $files
fi`;
}

/**
 * Where a unit is if it exists at all: systemd's search path (systemd.unit(5)), and the cgroup of one that still runs though its file is gone. systemd
 * searches for each name that it is asked for, so those that are nowhere are not asked for.
 */
const unitPlaces = [
  ...['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((base) => `${base}/systemd/system`),
  ...['/etc', '/run'].map((base) => `${base}/systemd/system.control`),
  ...['transient', 'generator', 'generator.early', 'generator.late'].map((name) => `/run/systemd/${name}`),
  ...['', '/systemd', '/unified'].map((tree) => `/sys/fs/cgroup${tree}/system.slice`),
];

const unitsSection: Sh = sh`echo @@units
set --
for u in ${unitNames}; do
  for d in ${unitPlaces}; do if [ -e "$d/$u" ] || [ -L "$d/$u" ]; then set -- "$@" "$u"; break; fi; done
done
[ $# = 0 ] || systemctl show -p Id,LoadState,ActiveState,UnitFileState,FragmentPath "$@" 2>/dev/null`;

function filesSection(): Sh {
  const files = [
    '/etc/os-release',
    '/etc/machine-id',
    '/etc/resolv.conf',
    resolvedConf,
    '/etc/selinux/config',
    '/proc/sys/kernel/osrelease',
    '/proc/sys/kernel/hostname',
    '/proc/sys/kernel/random/boot_id',
    '/proc/meminfo',
    '/proc/swaps',
    '/proc/filesystems',
    '/proc/cgroups',
    '/proc/net/route',
    '/proc/net/ipv6_route',
    '/proc/sys/net/ipv6/conf/all/disable_ipv6',
    '/proc/sys/net/ipv6/conf/default/disable_ipv6',
    sysctlFile,
    '/sys/fs/cgroup/cgroup.controllers',
    '/sys/fs/selinux/enforce',
    clusterMarkPath,
    appliedByPath,
  ];
  return sh`echo @@files
grep -s '' /dev/null ${files}`;
}
