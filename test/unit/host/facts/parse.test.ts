import { describe, expect, it } from 'vitest';
import { parseFacts } from '../../../../src/host/facts/index.ts';

/** What the script prints on a virtual machine with modules on its disk and cgroup v2. */
const machine = `
@@values
machine\tx86_64
cpus\t4
systemd\tsystemd 252 (252.39-1~deb12u1)
cgroup\t2
resolved\tyes
selinuxfs\tyes
iptables\tiptables v1.8.9 (nf_tables)
program\tcurl
program\tzstd
remains\tkubeadm:/var/lib/kubelet/kubeadm-flags.env
cni\t05-other.conf
cni\t10-k8sup.conflist
container\tmoby
container\tmoby
@@addresses
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0@if5    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
2: eth0    inet6 fd00::2/64 scope global nodad \\       valid_lft forever
3: tun0    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0\\       valid_lft forever
@@links
/sys/class/net/eth0/mtu:1500
/sys/class/net/br-1:2/mtu:9000
@@kernel
present\tnf_conntrack
tree\tyes
@@builtin
kernel/net/bridge/bridge.ko
@@loadable
kernel/net/bridge/br_netfilter.ko
kernel/drivers/net/vxlan/vxlan.ko
@@config
CONFIG_NFT_FIB_IPV4=y
@@disk
path\t/opt/k8sup
path\t/var/lib/etcd
@@df
Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/vda         264212084 26344964  69156300      28% /
/dev/mapper/my data 1048576 0  1048576      0% /var/lib/etcd
@@sockets
/proc/net/tcp:   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7563 1 0 100 0 0 10 0
/proc/net/tcp:1234: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7564 1 0 100 0 0 10 0
/proc/net/tcp6:   0: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7565 1 0
/proc/net/udp: 1016: 00000000:2118 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0 0
@@holders
7563\t/proc/812
7564\t/proc/99
7565\t/proc/812
@@processes
/proc/812/comm:kube-apiserver
/proc/812/cgroup:0::/system.slice/kube-apiserver.service
/proc/99/comm:etcd: main
/proc/99/cgroup:3:memory:/user.slice/user-0.slice/session-4.scope
@@units
LoadState=loaded
ActiveState=active
FragmentPath=/lib/systemd/system/systemd-resolved.service
UnitFileState=enabled
Id=systemd-resolved.service

Id=ufw.service
LoadState=loaded
ActiveState=inactive
FragmentPath=/lib/systemd/system/ufw.service
UnitFileState=enabled

Id=nftables.service
LoadState=loaded
ActiveState=inactive
FragmentPath=/usr/lib/systemd/system/nftables.service
UnitFileState=enabled

Id=netfilter-persistent.service
LoadState=loaded
ActiveState=inactive
FragmentPath=/usr/lib/systemd/system/netfilter-persistent.service
UnitFileState=disabled

Id=firewalld.service
LoadState=not-found
ActiveState=inactive
FragmentPath=
UnitFileState=

Id=docker.service
LoadState=loaded
ActiveState=active
FragmentPath=/usr/lib/systemd/system/docker.service
UnitFileState=enabled

Id=containerd.service
LoadState=loaded
ActiveState=active
FragmentPath=/etc/systemd/system/containerd.service
UnitFileState=enabled
@@files
/etc/os-release:PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
/etc/os-release:ID="rocky"
/etc/os-release:VERSION_ID="9.4"
/etc/machine-id:3d12
/etc/resolv.conf:nameserver 127.0.0.53
/run/systemd/resolve/resolv.conf:# This is ...
/run/systemd/resolve/resolv.conf:nameserver 192.0.2.53
/etc/selinux/config:SELINUX=enforcing
/proc/sys/kernel/osrelease:5.14.0-427.el9.x86_64
/proc/sys/kernel/hostname:h1
/proc/sys/kernel/random/boot_id:b-1
/proc/meminfo:MemTotal:       24684092 kB
/proc/swaps:Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
/proc/swaps:/dev/vda2                               partition\t1048572\t0\t-2
/proc/filesystems:nodev\toverlay
/proc/net/route:Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
/proc/net/route:eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
/proc/net/route:eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
/proc/net/route:flannel.1\t0001F40A\t0002F40A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
/proc/net/ipv6_route:fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
/proc/net/ipv6_route:fd001000000000000000000000000000 38 00000000000000000000000000000000 00 fd000000000000000000000000000009 00000400 00000001 00000000 00000003     eth0
/proc/net/ipv6_route:fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
/proc/net/ipv6_route:00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0
/proc/net/ipv6_route:00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth1
/proc/net/ipv6_route:fd000000000000000000000000000002 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001     eth0
/proc/net/ipv6_route:ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
/proc/net/ipv6_route:00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
/proc/sys/net/ipv6/conf/all/disable_ipv6:0
/proc/sys/net/ipv6/conf/default/disable_ipv6:0
/etc/sysctl.d/zz-k8sup.conf:-net.ipv6.conf.eth0.accept_ra = 2
/etc/sysctl.d/zz-k8sup.conf:-net.ipv6.conf.eth2/100.accept_ra = 2
/etc/sysctl.d/zz-k8sup.conf:net.ipv6.conf.all.forwarding = 1
/sys/fs/cgroup/cgroup.controllers:cpuset cpu io memory pids
/sys/fs/selinux/enforce:1
/var/lib/k8sup/cluster:0f3a my cluster
@@clock
1795236369 192361278
`;

describe('facts of a machine', () => {
  const facts = parseFacts(machine, 1_795_236_369_500);

  it('name the system', () =>
    expect(facts).toMatchObject({
      architecture: 'amd64',
      os: 'rocky 9.4',
      kernel: '5.14.0-427.el9.x86_64',
      systemdVersion: 252,
      hostName: 'h1',
      machineId: '3d12',
      bootId: 'b-1',
      container: false,
      containerKind: undefined,
      cpus: 4,
      memoryMiB: 24_105,
      selinux: 'enforcing',
      swap: ['/dev/vda2'],
      iptablesBackend: 'nft',
      zstd: true,
      clusterId: '0f3a',
      clusterName: 'my cluster',
      clockMs: 1_795_236_369_192,
      controllerClockMs: 1_795_236_369_500,
    }));

  it('name cgroups by what the kubelet can use', () => {
    expect(facts).toMatchObject({ cgroupVersion: 2, systemdCgroups: true });
    expect(facts.features.has('cgroup:memory')).toBe(true);
    expect(parseFacts(machine.replace(' memory pids', ' pids'), 0)).toMatchObject({ systemdCgroups: false });
  });

  it('have the MTU of their interfaces', () => expect(facts.links).toEqual({ eth0: 1500, 'br-1:2': 9000 }));

  it('have addresses with their interfaces', () =>
    expect(facts.addresses).toEqual([
      { interface: 'lo', cidr: '127.0.0.1/8' },
      { interface: 'eth0', cidr: '192.0.2.2/24' },
      { interface: 'eth0', cidr: 'fd00::2/64' },
      { interface: 'tun0', cidr: '10.8.0.1/32' },
    ]));

  it('have the interface of the default route', () => expect(facts.defaultInterface).toBe('eth0'));
  it('have routes without the default route', () =>
    expect(facts.routes).toEqual([
      { cidr: '192.0.2.0/24', interface: 'eth0' },
      { cidr: '10.244.1.0/24', interface: 'flannel.1' },
      { cidr: 'fd00::/64', interface: 'eth0' },
      { cidr: 'fd00:1000::/56', interface: 'eth0' },
    ]));

  it('have the interfaces whose default route the kernel took from advertisements, and those that were kept before', () =>
    expect(facts.routerAdvertised).toEqual(['eth0', 'eth2.100']));

  it.each([
    ['on', machine],
    ['off', machine.replace('default/disable_ipv6:0', 'default/disable_ipv6:1')],
    ['absent', machine.replaceAll('disable_ipv6', 'x')],
  ])('say that IPv6 is %s', (ipv6, text) => expect(parseFacts(text, 0).ipv6).toBe(ipv6));

  it('have listeners with process and unit; the kernel’s own have neither', () =>
    expect(facts.listeners).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 6443, process: 'kube-apiserver', unit: 'kube-apiserver.service' },
      { protocol: 'tcp', address: '127.0.0.1', port: 2375, process: 'etcd: main', unit: 'session-4.scope' },
      { protocol: 'tcp', address: '::', port: 6443, process: 'kube-apiserver', unit: 'kube-apiserver.service' },
      { protocol: 'udp', address: '0.0.0.0', port: 8472, process: '(kernel)', unit: undefined },
    ]));

  it('have free space and mount point of each path', () => {
    expect(facts.freeMiB).toEqual({ '/opt/k8sup': 67_535, '/var/lib/etcd': 1024 });
    expect(facts.mountOf).toEqual({ '/opt/k8sup': '/', '/var/lib/etcd': '/var/lib/etcd' });
  });

  it('tell nothing of disks where rows and paths cannot be matched', () =>
    expect(parseFacts(machine.replace(/.*% \/var\/lib\/etcd\n/, ''), 0).freeMiB).toEqual({}));

  it('have kernel features by what is built in, loaded or on the disk', () => {
    const wanted = ['bridge', 'br_netfilter', 'vxlan', 'nf_conntrack', 'overlay', 'nft_fib_ipv4'];
    expect(wanted.filter((name) => !facts.features.has(name))).toEqual([]);
    expect(facts.features.has('ip_vs')).toBe(false);
    expect(facts.unknownFeatures.size).toBe(0);
    expect([...facts.loadableModules].sort()).toEqual(['br_netfilter', 'vxlan']);
  });

  it('have units that exist, firewalls that are on or would be, and the resolver', () => {
    expect(Object.keys(facts.units)).toEqual([
      'systemd-resolved.service',
      'ufw.service',
      'nftables.service',
      'netfilter-persistent.service',
      'docker.service',
      'containerd.service',
    ]);
    expect(facts.firewalls).toEqual(['ufw.service']);
    expect(facts.ruleLoaders).toEqual(['nftables.service']);
    expect(facts.resolver).toEqual({ file: '/run/systemd/resolve/resolv.conf', nameservers: ['192.0.2.53'] });
    const stopped = machine.replace('ActiveState=active\nFragmentPath=/lib/systemd/system/systemd-resolved', 'ActiveState=inactive\nFragmentPath=/lib/systemd/system/systemd-resolved'); // prettier-ignore
    expect(parseFacts(stopped, 0).resolver).toEqual({ file: '/etc/resolv.conf', nameservers: ['127.0.0.53'] });
  });

  it('have what others left: a package’s runtime, but not a unit of somebody’s own', () => {
    expect(facts.remains).toEqual([
      { of: 'kubeadm', found: '/var/lib/kubelet/kubeadm-flags.env' },
      { of: 'docker', found: '/usr/lib/systemd/system/docker.service' },
    ]);
    expect(facts.runningContainers).toEqual({ moby: 2 });
    expect(facts.foreignCNIConfigs).toEqual(['05-other.conf']);
  });
});

describe('facts of a container', () => {
  const container = (kernel: string): ReturnType<typeof parseFacts> =>
    parseFacts(
      `@@values\nmachine\triscv64\ncontainer-kind\tsystemd-nspawn\ncgroup\t1\n@@kernel\n${kernel}@@clock\n1700000000 N\n`,
      0,
    );

  it('say so, and what is not there is not invented', () =>
    expect(container('')).toMatchObject({
      container: true,
      containerKind: 'systemd-nspawn',
      architecture: { unsupported: 'riscv64' },
      systemdVersion: undefined,
      cgroupVersion: 1,
      systemdCgroups: false,
      selinux: 'absent',
      iptablesBackend: undefined,
      clusterId: undefined,
      clusterName: undefined,
      listeners: [],
    }));

  it('leave features unknown that only use would tell', () => {
    const facts = container('present\tvxlan\n@@config\nCONFIG_BRIDGE=y\nCONFIG_VETH=m\n');
    expect(facts.features.has('vxlan')).toBe(true);
    expect(facts.features.has('bridge')).toBe(true);
    expect([...facts.unknownFeatures]).toEqual(['veth']);
    expect(container('').unknownFeatures.has('bridge')).toBe(true);
  });

  it('have the middle of the second where `date` knows no smaller parts', () =>
    expect(container('').clockMs).toBe(1_700_000_000_500));
});

it('addresses come from the routing trie where there is no ip', () => {
  const trie =
    'Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.2\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n';
  expect(parseFacts(`@@addresses\n${trie}`, 0).addresses).toEqual([{ interface: '', cidr: '192.0.2.2/32' }]);
});
