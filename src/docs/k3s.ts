import { cell, code, markdownTable } from './markdown.ts';

/** A network option of K3s, and what says the same here. */
export interface K3sRow {
  readonly flag: string;
  /** Below `cluster`, as YAML in one line. */
  readonly inventory: string;
  /** What it resolves to, by the place in the resolved cluster. */
  readonly becomes: Readonly<Record<string, unknown>>;
  readonly note: string;
}

const plugin = 'network.plugin';
const flannel = (key: string): string => `network.settings.${key}`;

/** Every network option that K3s' guides use. */
export const k3sRows: readonly K3sRow[] = [
  {
    flag: '--cluster-cidr=10.42.0.0/16',
    inventory: 'network: { podCIDR: 10.42.0.0/16 }',
    becomes: { 'network.podCIDR': '10.42.0.0/16' },
    note: 'the default here is 10.244.0.0/16',
  },
  {
    flag: '--service-cidr=10.43.0.0/16',
    inventory: 'network: { serviceCIDR: 10.43.0.0/16 }',
    becomes: { 'network.serviceCIDR': '10.43.0.0/16', 'network.dnsIP': '10.43.0.10' },
    note: 'the default here is 10.96.0.0/16',
  },
  {
    flag: '--service-node-port-range=30000-32767',
    inventory: 'network: { nodePortRange: 30000-32767 }',
    becomes: { 'network.nodePortRange': '30000-32767' },
    note: 'the default',
  },
  {
    flag: '--cluster-dns=10.43.0.10',
    inventory: 'network: { serviceCIDR: 10.43.0.0/16, dnsIP: 10.43.0.10 }',
    becomes: { 'network.dnsIP': '10.43.0.10' },
    note: 'the tenth address, unless another is given',
  },
  {
    flag: '--cluster-domain=cluster.local',
    inventory: 'network: { dnsDomain: cluster.local }',
    becomes: { 'network.dnsDomain': 'cluster.local' },
    note: 'the default',
  },
  {
    flag: '--flannel-backend=vxlan',
    inventory: 'network: { plugin: flannel, flannel: { backend: vxlan } }',
    becomes: { [plugin]: 'flannel', [flannel('backend')]: 'vxlan' },
    note: 'the default',
  },
  {
    flag: '--flannel-backend=host-gw',
    inventory: 'network: { plugin: flannel, flannel: { backend: host-gw } }',
    becomes: { [flannel('backend')]: 'host-gw' },
    note: 'refused where a router is between the hosts',
  },
  {
    flag: '--flannel-backend=wireguard',
    inventory: 'network: { plugin: flannel, flannel: { backend: wireguard } }',
    becomes: { [flannel('backend')]: 'wireguard', [flannel('port')]: 51820 },
    note: 'wireguard-native too; the kernel must have WireGuard',
  },
  {
    flag: '--flannel-backend=ipsec',
    inventory: 'network: { plugin: flannel, flannel: { backend: ipsec, ipsec: { pskFile: flannel.psk } } }',
    becomes: { [flannel('backend')]: 'ipsec' },
    note: 'K3s makes the key; here a file holds it (`openssl rand -hex 48`, mode 0600)',
  },
  {
    flag: '--flannel-backend=none',
    inventory: 'network: { plugin: none }',
    becomes: { [plugin]: 'none' },
    note: 'then install a network of your own; or name another plugin',
  },
  {
    flag: '--no-flannel',
    inventory: 'network: { plugin: none }',
    becomes: { [plugin]: 'none' },
    note: 'the older way to write it',
  },
  {
    flag: '--flannel-ipv6-masq',
    inventory: 'network: { plugin: flannel, flannel: { ipv6Masq: true } }',
    becomes: { [flannel('ipMasq')]: true, [flannel('ipv6Masq')]: true },
    note: 'the default here; without the option K3s does what `ipv6Masq: false` does',
  },
  {
    flag: '--flannel-conf=/etc/net-conf.json',
    inventory:
      'network: { plugin: flannel, flannel: { directRouting: true, extraConfig: { Backend: { GBP: true } } } }',
    becomes: { [flannel('directRouting')]: true, [flannel('extraConfig')]: { Backend: { GBP: true } } },
    note: 'what has a key here is written with it; all else is merged into net-conf.json',
  },
  {
    flag: '--flannel-iface=eth1',
    inventory: 'network: { plugin: flannel, flannel: { interface: eth1 } }',
    becomes: { 'network.needs.nodeInterfaces.a.value': 'eth1' },
    note: 'for one host alone: `flannel: { interface: eth1 }` at the host',
  },
  {
    flag: '--disable-network-policy',
    inventory: 'network: { plugin: flannel }',
    becomes: { 'network.enforcesPolicy': false },
    note: 'flannel alone enforces none',
  },
  {
    flag: '--docker',
    inventory: 'runtime: { type: docker }',
    becomes: { 'runtime.type': 'docker' },
    note: 'from Kubernetes 1.24 through cri-dockerd',
  },
];

/** K3s' options with what says the same in the inventory. */
export function k3sReference(): string {
  return markdownTable(
    ['K3s', 'Inventory, below `cluster`', ''],
    k3sRows.map(({ flag, inventory, note }) => [code(flag), code(inventory), cell(note)]),
  );
}
