import type { FirewallFact } from '../firewall/facts.ts';

/** A TCP or UDP listener that was there when the host was looked at. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** Name of the process, for example `nginx`. */
  readonly process: string;
  /** The systemd unit of the process, where it has one. */
  readonly unit: string | undefined;
}

/** Another installer's or distribution's remains that would get in the way. */
export interface Remains {
  /** For example `kubeadm`, `k3s`, `kubeasz`, `docker`. */
  readonly of: string;
  /** What was found, for example `/etc/kubernetes/admin.conf`. */
  readonly found: string;
}

/** A systemd unit as the host had it before k8sup looked. */
export interface UnitFact {
  /** `ActiveState`, for example `active`, `inactive`, `failed`. */
  readonly active: string;
  /** `UnitFileState`, for example `enabled`, `disabled`, `static`, `masked`. */
  readonly enabled: string;
  /** Path of the unit file. */
  readonly file: string;
}

/** What a host is, read once at the start of a run in one script; nothing here is changed by k8sup later in the same run. */
export interface Facts {
  readonly architecture: 'amd64' | 'arm64' | { readonly unsupported: string };
  /** `ID` and `VERSION_ID` of os-release, for example `debian 12`. */
  readonly os: string;
  readonly kernel: string;
  readonly systemdVersion: number | undefined;
  readonly hostName: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly container: boolean;
  /** `lxc`, `systemd-nspawn`, `docker` … as systemd names it; undefined for what is no container. */
  readonly containerKind: string | undefined;
  readonly cgroupVersion: 1 | 2;
  /** True where runtime and kubelet can use the systemd cgroup driver. */
  readonly systemdCgroups: boolean;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Free MiB by path, for the paths k8sup writes to. */
  readonly freeMiB: Readonly<Record<string, number>>;
  /** Mount point of the file system that each path of {@link freeMiB} lies on. */
  readonly mountOf: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 by the host's clock, and the controller's clock at about the same time. */
  readonly clockMs: number;
  readonly controllerClockMs: number;
  readonly addresses: readonly { readonly interface: string; readonly cidr: string }[];
  /** MTU of each network interface, by name. */
  readonly links: Readonly<Record<string, number>>;
  /** `off`: switched off for all or for new interfaces by disable_ipv6; `absent`: the kernel has none. */
  readonly ipv6: 'on' | 'off' | 'absent';
  /** Interfaces whose IPv6 default route the kernel took from router advertisements, and those that k8sup has kept such a route for before. */
  readonly routerAdvertised: readonly string[];
  /** Destination networks of live routes of both families, without default routes and what each link has by itself. */
  readonly routes: readonly { readonly cidr: string; readonly interface: string }[];
  /** The interface of the IPv4 default route with the least metric. */
  readonly defaultInterface: string | undefined;
  readonly listeners: readonly Listener[];
  /** Kernel features, by the name of their module (built in, loaded or loadable): never by modprobe's exit status. */
  readonly features: ReadonlySet<string>;
  /** Features that nothing on the host tells about: there or not, only use would show. */
  readonly unknownFeatures: ReadonlySet<string>;
  /** Those of {@link features} that are modules on disk, so that they are loaded at boot by modules-load.d. */
  readonly loadableModules: ReadonlySet<string>;
  /** What the `iptables` program drives; undefined where there is none. */
  readonly iptablesBackend: 'nft' | 'legacy' | undefined;
  /** Programs k8sup or the components need that are on the path. */
  readonly programs: ReadonlySet<string>;
  readonly swap: readonly string[];
  readonly selinux: 'enforcing' | 'permissive' | 'disabled' | 'absent';
  /** Firewall units that are active or enabled: firewalld, ufw. */
  readonly firewalls: readonly string[];
  /** What the firewall that is kept says of itself; undefined where none is kept, or none could be asked. */
  readonly firewall: FirewallFact | undefined;
  /** Units that load rules of the host's own and are active or enabled: nftables, iptables, netfilter-persistent. */
  readonly ruleLoaders: readonly string[];
  /** The resolv.conf that pods with the host's own name resolution (CoreDNS) are to get, and the servers that it names. */
  readonly resolver: { readonly file: string; readonly nameservers: readonly string[] };
  /** Units that matter to k8sup and exist on the host, by name. */
  readonly units: Readonly<Record<string, UnitFact>>;
  /** Containers that run now, by containerd namespace (`moby` is Docker's). */
  readonly runningContainers: Readonly<Record<string, number>>;
  readonly remains: readonly Remains[];
  /** Files in /etc/cni/net.d that are neither k8sup's nor its network's. */
  readonly foreignCNIConfigs: readonly string[];
  /** A file in each directory that k8sup would own as a whole, for those that hold one, whoever made it. */
  readonly filledDirectories: Readonly<Record<string, string>>;
  /** The k8sup cluster id this host belongs to, if any. */
  readonly clusterId: string | undefined;
  readonly clusterName: string | undefined;
  /** Programs that can unpack uploads on the host. */
  readonly zstd: boolean;
}
