import { familyOf } from '../../inventory/cidr.ts';
import { given } from '../../inventory/given.ts';
import type { InterfaceChoice } from '../../inventory/interface-choice.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenByHost, writtenFor } from '../../inventory/plugin.ts';
import type { NeededPort, PluginDeclaration, PluginNeeds, SecretFile } from '../../inventory/plugin.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import type { ClusterInput, HostInput } from '../../inventory/schema.ts';
import { esp, ipInIp } from '../ports.ts';
import { backends, kernelNeedsOf, longerHeader } from './backends.ts';
import type { BackendName } from './backends.ts';
import { checkFlannel } from './check.ts';
import { etcdRules, speaksV2 } from './etcd-rules.ts';
import { flannelHostSchema, flannelSchema, standard } from './schema.ts';

export interface FlannelSettings {
  readonly version: string;
  readonly cniPluginVersion: string;
  readonly deploy: 'unit' | 'daemonset';
  readonly image: string;
  readonly cniPluginImage: string;
  readonly backend: BackendName;
  readonly directRouting: boolean;
  readonly vni: number;
  /** UDP port of the tunnel; undefined where the backend has none to set. */
  readonly port?: number;
  readonly wireguard: { readonly mode: string; readonly keepalive: number };
  readonly ipsec: { readonly udpEncap: boolean; readonly espProposal: string };
  /** MTU of pods. Undefined: flannel derives it from the interface. */
  readonly mtu?: number;
  /** By host; without one it is the interface that carries the host's address. */
  readonly interfaces: Readonly<Record<string, InterfaceChoice>>;
  readonly ipMasq: boolean;
  readonly ipv6Masq: boolean;
  /** Undefined: as kube-proxy has its rules. */
  readonly nftables?: boolean;
  readonly healthPort: number;
  readonly subnetManager: 'kube' | 'etcd';
  /** Prefix of flannel's keys in etcd. */
  readonly etcdPrefix: string;
  readonly subnetLen?: number;
  readonly subnetMin?: string;
  readonly subnetMax?: string;
  readonly extraConfig: Readonly<Record<string, unknown>>;
  readonly extraArgs: Readonly<Record<string, string | null>>;
}

/** Name of the pre-shared key among the plugin's secrets. */
export const pskSecret = 'psk';

const name = 'flannel';
const here = { name, schema: flannelSchema, hostSchema: flannelHostSchema } as const;

/** What the inventory may say of flannel. */
export const flannelDeclaration: PluginDeclaration<FlannelSettings> & typeof here = {
  ...here,
  summary: 'a daemon on each host that tunnels (vxlan) or routes (host-gw) to the pods of others',
  proof: 'proved',
  provedWith: ['IPv4', 'dual stack', 'IPv6 alone'],
  enforcesPolicy: false,
  version: (input) => plain(writtenFor(here, input).version ?? standard.version),
  feedsDocker: true,
  rules: [
    ...etcdRules,
    {
      code: 'FLANNEL_UNSUPPORTED',
      severity: 'error',
      path: ['network', 'flannel', 'version'],
      applies: ({ pluginVersion }) => pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 20),
      message: 'flannel before 0.20 is not supported yet',
      fix: `use flannel ${standard.version}`,
    },
  ],
  check: (draft, report) => {
    checkFlannel(
      draft,
      { written: writtenFor(here, draft.cluster), byHost: (host) => writtenByHost(here, host) },
      report,
    );
  },
  secretFiles,
  resolve: (input, _nodes, hosts) => {
    const settings = resolve(input, hosts);
    return { settings, needs: needsOf(settings, input, hosts) };
  },
};

export function flannelSettings({ cluster }: Inventory): FlannelSettings {
  return settingsOf(flannelDeclaration, cluster.network);
}

/** The blocks of pods whose addresses are hidden from the world, by whomever. */
export function hiddenPodCIDRs(inventory: Inventory): readonly string[] {
  const { ipMasq, ipv6Masq } = flannelSettings(inventory);
  return inventory.cluster.network.podCIDRs.filter((cidr) => (familyOf(cidr) === 'ipv6' ? ipv6Masq : ipMasq));
}

/** Whether flannel itself hides them: it knows only all or nothing, of both families at once. */
export function flannelMasquerades(inventory: Inventory): boolean {
  const { podCIDRs, nonMasqueradeCIDRs } = inventory.cluster.network;
  const excepts = hasKubernetes(inventory) && nonMasqueradeCIDRs.length > 0;
  return !excepts && hiddenPodCIDRs(inventory).length === podCIDRs.length;
}

/** Whether k8sup's own rules hide them in flannel's place. */
export function masqueradesForFlannel(inventory: Inventory): boolean {
  return hiddenPodCIDRs(inventory).length > 0 && !flannelMasquerades(inventory);
}

function resolve(input: ClusterInput, hosts: readonly HostInput[]): FlannelSettings {
  const written = given(writtenFor(here, input));
  const { wireguard, ipsec } = written;
  const version = plain(written.version ?? standard.version);
  const backend = written.backend ?? standard.backend;
  const mtu = written.mtu ?? input.network?.mtu;
  const port = backends[backend].port === undefined ? undefined : (written.port ?? backends[backend].port);
  const masters = hosts.some((host) => rolesOf(host, hosts.length === 1).has('master'));
  return {
    ...standard,
    cniPluginImage: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1',
    healthPort: fixedPorts.flannelHealth,
    extraConfig: {},
    subnetManager: masters ? 'kube' : 'etcd',
    ...written,
    ipv6Masq: written.ipv6Masq ?? written.ipMasq ?? standard.ipMasq,
    version,
    backend,
    cniPluginVersion: plain(written.cniPluginVersion ?? standard.cniPluginVersion),
    image: written.image ?? `ghcr.io/flannel-io/flannel:v${version}`,
    wireguard: {
      mode: wireguard?.mode ?? standard.wireguardMode,
      keepalive: wireguard?.keepalive ?? standard.keepalive,
    },
    ipsec: {
      udpEncap: ipsec?.udpEncap ?? standard.udpEncap,
      espProposal: ipsec?.espProposal ?? standard.espProposal,
    },
    extraArgs: Object.fromEntries(
      Object.entries(written.extraArgs ?? {}).map(([flag, value]) => [flag, value === null ? null : String(value)]),
    ),
    interfaces: interfacesOf(input, hosts),
    ...(mtu === undefined ? {} : { mtu }),
    ...(port === undefined ? {} : { port }),
  };
}

function interfacesOf(input: ClusterInput, hosts: readonly HostInput[]): Readonly<Record<string, InterfaceChoice>> {
  const common = choiceOf(writtenFor(here, input), `cluster.network.${name}`);
  return Object.fromEntries(
    hosts.flatMap((host, index) => {
      const choice = choiceOf(writtenByHost(here, host), `hosts[${index}].${name}`) ?? common;
      return choice === undefined ? [] : [[host.name, choice]];
    }),
  );
}

type InterfaceInput = ReturnType<typeof writtenByHost<typeof flannelHostSchema>>;

function choiceOf(written: InterfaceInput, place: string): InterfaceChoice | undefined {
  const choice = (by: InterfaceChoice['by'], key: keyof InterfaceInput): InterfaceChoice | undefined => {
    const value = written[key];
    return value === undefined ? undefined : { by, value, setting: `${place}.${key}` };
  };
  const isAddress = /^[\d.]+$|:/.test(written.interface ?? '');
  return (
    choice(isAddress ? 'address' : 'name', 'interface') ??
    choice('regex', 'interfaceRegex') ??
    choice('can-reach', 'interfaceCanReach')
  );
}

function secretFiles(input: ClusterInput): readonly SecretFile[] {
  const { backend, wireguard, ipsec } = writtenFor(here, input);
  const place = ['cluster', 'network', name];
  if (backend === 'wireguard' && wireguard?.pskFile !== undefined) {
    const path = [...place, 'wireguard', 'pskFile'];
    const expected = 'a key as `wg genpsk` makes it';
    return [{ name: pskSecret, path, written: wireguard.pskFile, pattern: /^[A-Za-z0-9+/]{43}=$/, expected }];
  }
  if (backend === 'ipsec' && ipsec?.pskFile !== undefined) {
    const path = [...place, 'ipsec', 'pskFile'];
    return [{ name: pskSecret, path, written: ipsec.pskFile, pattern: /^\S{96,}$/, expected: '96 characters or more' }];
  }
  return [];
}

function needsOf(settings: FlannelSettings, input: ClusterInput, hosts: readonly HostInput[]): PluginNeeds {
  const { backend, deploy, version, cniPluginVersion, mtu, interfaces } = settings;
  const { programs, overhead } = backends[backend];
  const inPods = deploy === 'daemonset';
  const ipv6 = input.network?.podCIDR?.includes(':') ?? false;
  const fromEtcd = hosts.some(({ roles = [] }) => roles.includes('container'));
  const chosenBy = writtenFor(here, input).mtu === undefined ? 'cluster.network.mtu' : `cluster.network.${name}.mtu`;
  const added =
    overhead + (backend === 'ipsec' && settings.ipsec.udpEncap ? 8 : 0) + (ipv6 && overhead > 0 ? longerHeader : 0);
  return {
    artifacts: inPods ? {} : { ...(fromEtcd ? {} : { 'cni-plugin-flannel': cniPluginVersion }), flannel: version },
    ports: portsOf(settings),
    ...protocolsOf(settings),
    kernel: kernelNeedsOf(backend),
    // The image brings its own.
    programs: inPods ? [] : [...programs, ...(settings.nftables === true ? ['nft'] : [])],
    leaves: inPods ? [] : [fromEtcd ? 'flannel-etcd-client' : 'flannel'],
    ...(fromEtcd && speaksV2(version) ? { etcdV2: true } : {}),
    nodeInterfaces: interfaces,
    fixed: [
      {
        key: 'deploy',
        name: 'how flannel runs',
        value: deploy,
        reason: 'two of its daemons would work on the same routes and rules',
      },
    ],
    ...(mtu === undefined ? {} : { mtu: [{ bytes: mtu + added, overhead: added, setting: chosenBy }] }),
    ...(backend === 'host-gw' ? { subnet: oneSubnet } : {}),
  };
}

const oneSubnet = {
  gateways: {},
  code: 'HOST_GW_ACROSS_SUBNETS',
  by: 'flannel with host-gw',
  alternative:
    'choose network.flannel.backend: vxlan with directRouting: true, which routes within a subnet and tunnels between them',
};

function portsOf({ backend, port, healthPort, deploy }: FlannelSettings): readonly NeededPort[] {
  const unit = deploy === 'unit' ? 'flanneld.service' : undefined;
  const health: NeededPort = { protocol: 'tcp', port: healthPort, purpose: 'flannel health', unit, loopback: true };
  const tunnel = (number: number, holder: string | undefined): NeededPort => ({
    protocol: 'udp',
    port: number,
    purpose: `flannel ${backend}`,
    unit: holder,
    loopback: false,
  });
  if (backend === 'ipsec') return [health, tunnel(500, unit), tunnel(4500, unit)];
  // With udp it is flanneld itself that listens; the others' tunnels are the kernel's.
  return port === undefined ? [health] : [health, tunnel(port, backend === 'udp' ? unit : undefined)];
}

/** Where the sender wraps ESP in UDP, it is by the port that is let in. */
function protocolsOf({ backend, ipsec }: FlannelSettings): Pick<PluginNeeds, 'protocols'> {
  if (backend === 'ipip') return { protocols: [ipInIp] };
  return backend === 'ipsec' && !ipsec.udpEncap ? { protocols: [esp] } : {};
}
