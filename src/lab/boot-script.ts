import { lines, rawShell, sh } from '../shell/sh.ts';
import { dataDirectories, dataDirectory, hostRoot, netnsPath, type LabHost } from './model.ts';
import { bridgeName, secondBridge } from './topology.ts';

export interface BootSpec {
  readonly lab: string;
  readonly host: LabHost;
  /** The lab's subtree in each hierarchy. */
  readonly cgroups: readonly string[];
  /** Whether the machine has /dev/kmsg, which kubelet reads. */
  readonly kmsg: boolean;
}

/** Exit status with which nspawn says that the machine inside wants to reboot (systemd-nspawn's own constant). */
export const rebootStatus = 133;

/**
 * A host's supervisor, as a POSIX shell script: boots the host, again after each reboot, until it powers off or the file `wanted` beside the script
 * is gone. A shell, as one lives as long as each host does and should cost next to no memory.
 *
 * Every process writes itself down in `processes` before it looks at `wanted`, and `lab down` removes `wanted` before it reads `processes`: so none
 * is missed, whenever either of them runs.
 */
export function bootScript(spec: BootSpec): string {
  const pieces = [
    rawShell('#!/bin/sh\nset -uf'),
    sh`cd ${spec.host.directory} || exit 1`,
    sh`host=${spec.host.name}`,
    rawShell(functions(spec)),
    rawShell(connectFunction(spec)),
    rawShell(commands),
    sh`  exec ${nspawnCommand(spec)}`,
    rawShell('esac'),
  ];
  return `${lines(pieces).sh}\n`;
}

/** The words that boot a host in the lab's network namespace. */
export function nspawnCommand(spec: BootSpec): readonly string[] {
  const { host } = spec;
  return [
    ...['nsenter', `--net=${netnsPath(spec.lab)}`],
    ...['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes'],
    ...['systemd-nspawn', '--quiet', '--boot', '--keep-unit', '--register=no', `--directory=${hostRoot(host)}`],
    ...[`--machine=${host.machine}`, `--hostname=${host.name}`, `--network-bridge=${bridgeName(host.subnet)}`],
    ...(host.secondAddress === undefined ? [] : [`--network-veth-extra=${secondPort(host)}:host1`]),
    '--capability=all',
    '--system-call-filter=@keyring bpf add_key keyctl request_key @privileged perf_event_open',
    // Each of these would otherwise write into the machine's or the host's own files.
    ...['--link-journal=no', '--resolv-conf=off', '--timezone=off'],
    ...(spec.kmsg ? ['--bind=/dev/kmsg'] : []),
    ...dataDirectories.map((path) => `--bind=${dataDirectory(host, path)}:${path}`),
  ];
}

/** The lab's end of a host's second interface. */
function secondPort(host: LabHost): string {
  return `${host.name}-second`;
}

/** nspawn makes the link anew at each boot and leaves the lab's end alone. */
function connectFunction(spec: BootSpec): string {
  if (spec.host.secondAddress === undefined) return 'connect() { :; }';
  const inLab = sh`nsenter ${`--net=${netnsPath(spec.lab)}`}`.sh;
  return `connect() {
  tries=0
  until ${inLab} ip link set ${secondPort(spec.host)} master ${secondBridge} up 2>/dev/null || [ $tries -ge 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
}`;
}

function functions(spec: BootSpec): string {
  const trees = sh`${spec.cgroups}`.sh;
  return `
start_time() {
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  echo "\${20}"
}
record() { printf '%s %s %s\\n' "$1" "$2" "$(start_time "$2")" >>processes; }

make_group() {
  mkdir -p "$1" || return 1
  if [ -e "\${1%/*}/cgroup.subtree_control" ]; then
    # cgroup v2: a group has the controllers that its parent hands down
    for controller in $(cat "\${1%/*}/cgroup.controllers"); do
      echo "+$controller" >"\${1%/*}/cgroup.subtree_control"
    done 2>/dev/null
  elif [ -e "$1/cpuset.cpus" ]; then
    # cgroup v1: no process may enter a group while these are empty
    for file in cpuset.cpus cpuset.mems; do
      [ -n "$(cat "$1/$file")" ] || cat "\${1%/*}/$file" >"$1/$file"
    done
  fi
}
enter() {
  for tree in ${trees}; do
    make_group "\${tree%/*}" && make_group "$tree" && make_group "$tree/$1" && echo $$ >"$tree/$1/cgroup.procs" || {
      echo "k8sup: cannot enter the control group $tree/$1"
      exit 1
    }
  done
}
leave() {
  for tree in ${trees}; do
    tries=0
    while [ -d "$tree/$1" ] && [ $tries -lt 50 ]; do
      [ $tries -eq 0 ] || sleep 0.1
      find "$tree/$1" -depth -type d -exec rmdir {} ';' 2>/dev/null
      tries=$((tries + 1))
    done
  done
}
record_init() {
  tries=0
  while [ $tries -lt 100 ] && { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null; do
    case \${stat##*) } in Z*) return ;; esac
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
      if grep -q '^NSpid:.*[^0-9]1$' "/proc/$child/status" 2>/dev/null; then
        record init "$child"
        return
      fi
    done
    sleep 0.1
    tries=$((tries + 1))
  done
}`;
}

const commands = `
case \${1:-supervise} in
supervise)
  record supervisor $$ || exit 1
  [ -e wanted ] || exit 0
  enter "$host-supervisor"
  boot=0
  while [ -e wanted ]; do
    boot=$((boot + 1))
    rm -f ended
    # a group of its own for each boot: a kubelet that finds the pods of an earlier one takes them for its own
    sh ./boot.sh boot "$boot" &
    nspawn=$!
    record_init "$nspawn"
    connect
    wait "$nspawn"
    status=$?
    leave "$host-$boot"
    [ $status -eq ${rebootStatus} ] && continue
    echo $status >ended
    exit 0
  done
  ;;
boot)
  record nspawn $$ || exit 1
  [ -e wanted ] || exit 0
  enter "$host-$2"`;
