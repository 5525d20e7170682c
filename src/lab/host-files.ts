import { opsUser, type LabHost } from './model.ts';
import { wrapperPath, runcWrapper } from './runc-wrapper.ts';
import { address6, prefixLength, prefixLength6, routerAddress, type LabNetwork } from './topology.ts';

/** A file, or a link where `linkTo` is given, in a lab host's file tree. */
export interface HostFile {
  /** Absolute, as seen inside. */
  readonly path: string;
  readonly text?: string;
  readonly linkTo?: string;
  /** Added to what the rootfs has there. */
  readonly append?: true;
  /** Default 0644. */
  readonly mode?: number;
  /** User and group id; default root. */
  readonly owner?: number;
}

const opsId = 1000;

export interface HostIdentity {
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** Line for authorized_keys. */
  readonly publicKey: string;
  readonly network: LabNetwork;
}

/** What makes a host of a lab this one and no other: its name, network, users and ids. Pure. */
export function hostFiles(host: LabHost, own: HostIdentity): readonly HostFile[] {
  return [
    ...identity(host, own.machineId),
    ...users(own.publicKey),
    ...unit('k8sup-lab-network.service', 'multi-user.target', networkUnit(host, own.network)),
    ...unit('k8sup-lab-cgroups.service', 'basic.target', cgroupsUnit),
    ...quietTimers.map((name) => ({ path: `/etc/systemd/system/${name}`, linkTo: '/dev/null' })),
    { path: wrapperPath, text: runcWrapper(), mode: 0o755 },
  ];
}

function identity(host: LabHost, machineId: string): readonly HostFile[] {
  const names = [`127.0.0.1\tlocalhost`, `127.0.1.1\t${host.name}`, '::1\tlocalhost ip6-localhost ip6-loopback'];
  return [
    { path: '/etc/hostname', text: `${host.name}\n` },
    { path: '/etc/hosts', text: `${names.join('\n')}\n` },
    { path: '/etc/machine-id', text: `${machineId}\n`, mode: 0o444 },
    { path: '/var/lib/dbus/machine-id', text: `${machineId}\n` },
    // Nothing listens there, so a lookup is refused at once instead of waiting for an answer.
    { path: '/etc/resolv.conf', text: `nameserver ${routerAddress(host.subnet)}\n` },
  ];
}

function users(publicKey: string): readonly HostFile[] {
  const home = `/home/${opsUser}`;
  return [
    { path: '/etc/passwd', append: true, text: `${opsUser}:x:${opsId}:${opsId}::${home}:/bin/bash\n` },
    { path: '/etc/group', append: true, text: `${opsUser}:x:${opsId}:\n` },
    // "*": no password fits, and yet the account is not locked, which sshd would refuse.
    { path: '/etc/shadow', append: true, text: `${opsUser}:*:19000:0:99999:7:::\n`, mode: 0o640 },
    { path: `/etc/sudoers.d/${opsUser}`, text: `${opsUser} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
    { path: '/root/.ssh/authorized_keys', text: publicKey, mode: 0o600 },
    { path: `${home}/.ssh/authorized_keys`, text: publicKey, mode: 0o600, owner: opsId },
  ];
}

function unit(name: string, target: string, text: string): readonly HostFile[] {
  return [
    { path: `/etc/systemd/system/${name}`, text },
    { path: `/etc/systemd/system/${target}.wants/${name}`, linkTo: `../${name}` },
  ];
}

/** A oneshot unit, as systemd-networkd waits for udev where /sys is writable. */
function networkUnit(host: LabHost, network: LabNetwork): string {
  return `[Unit]
Description=Address of this lab host
DefaultDependencies=no
Wants=network.target
Before=network.target ssh.service
[Service]
Type=oneshot
RemainAfterExit=yes
${networkCommands(host, network)
  .map((words) => `ExecStart=/usr/sbin/ip ${words}`)
  .join('\n')}
[Install]
WantedBy=multi-user.target
`;
}

/** Without duplicate address detection, IPv6 addresses are of use at once. */
function networkCommands(host: LabHost, network: LabNetwork): readonly string[] {
  const mtu = network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
  return [
    `address replace ${host.address}/${prefixLength} dev host0`,
    `link set host0${mtu} up`,
    `route replace default via ${routerAddress(host.subnet)}`,
    ...(host.address6 === undefined ? [] : [`address replace ${host.address6}/${prefixLength6} dev host0 nodad`]),
    ...(network.ipv6 && !network.routerAdvertisements
      ? [`-6 route replace default via ${address6(host.subnet, 1)}`]
      : []),
    ...(host.secondAddress === undefined
      ? []
      : [`address replace ${host.secondAddress}/${prefixLength} dev host1`, `link set host1${mtu} up`]),
  ];
}

/**
 * nspawn mounts the controllers of cgroup v1 read-only; kubelet and runtimes must make groups in them. Without `bind` the kernel says "busy", as the
 * superblock is the machine's. With cgroup v2 there is nothing to do.
 */
const cgroupsUnit = `[Unit]
Description=Writable control groups for this lab host
DefaultDependencies=no
Before=basic.target
ConditionPathExists=!/sys/fs/cgroup/cgroup.controllers
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for group in /sys/fs/cgroup/*/; do [ -L "$\${group%/}" ] || mount -o remount,bind,rw "$group"; done'
[Install]
WantedBy=basic.target
`;

/** They change files of their own accord, and comparisons of file trees would find that. */
const quietTimers = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
];
