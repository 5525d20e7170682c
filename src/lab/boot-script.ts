import { lines, rawShell, sh } from '../shell/sh.ts';
import { bootFunctions } from './boot-functions.ts';
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
const rebootStatus = 133;

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
    rawShell(bootFunctions(spec.cgroups)),
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
