import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';

/** A program and the package that brings it, by family of distributions. */
export interface ProgramPackage {
  readonly program: string;
  readonly apt: string;
  readonly dnf: string;
  readonly zypper: string;
}

/** Programs that k8sup's scripts, kubelet, kube-proxy or the network run on a host. */
export function programsFor(inventory: Inventory, host: Host): readonly ProgramPackage[] {
  const names = ['awk', 'tar', 'gzip', 'flock', 'mount', 'find', 'ip', 'curl'];
  if (runsKubelet(host)) {
    const { kubeProxy, network, runtime } = inventory.cluster;
    // Whatever kube-proxy does, kubelet's, the CNI plugins' and flannel's own rules go through iptables.
    names.push('iptables', 'conntrack', 'nsenter', 'modprobe');
    // Tells whether a kubelet's certificate still lets it in: without it, one that has expired would pass for joined.
    names.push('openssl');
    const mode = network.needs.replacesKubeProxy === true ? undefined : kubeProxy.mode;
    if (mode === 'nftables') names.push('nft');
    if (mode === 'ipvs') names.push('ipset');
    // dockershim forwards ports with the one and sets hairpin mode with the other.
    if (runtime.type === 'docker') names.push('socat', 'ethtool');
    names.push(...network.needs.programs.filter((name) => !names.includes(name)));
  }
  return names.map(packageOf);
}

/** Names whose presence is a fact of its own: faster uploads, package managers, ways to set things. */
export const otherPrograms: readonly string[] = [
  'zstd',
  'chronyd', 'apt-get', 'dnf', 'yum', 'zypper', 'hostnamectl', 'setenforce', 'ss',
]; // prettier-ignore

/** Every program the table knows. */
export const programPackages: readonly ProgramPackage[] = [
  entry('awk', 'mawk', 'gawk'),
  entry('tar', 'tar'),
  entry('gzip', 'gzip'),
  entry('flock', 'util-linux'),
  entry('mount', 'mount', 'util-linux'),
  entry('nsenter', 'util-linux'),
  entry('find', 'findutils'),
  entry('ip', 'iproute2', 'iproute', 'iproute2'),
  entry('curl', 'curl'),
  entry('iptables', 'iptables'),
  entry('conntrack', 'conntrack', 'conntrack-tools'),
  entry('modprobe', 'kmod'),
  entry('chronyd', 'chrony'),
  entry('nft', 'nftables'),
  entry('ipset', 'ipset'),
  entry('socat', 'socat'),
  entry('ethtool', 'ethtool'),
  entry('openssl', 'openssl'),
  entry('charon', 'strongswan-charon', 'strongswan', 'strongswan-ipsec'),
];

/** @throws Error for a program that the table does not know. */
export function packageOf(program: string): ProgramPackage {
  const found = programPackages.find((candidate) => candidate.program === program);
  if (found === undefined) throw new Error(`no package is known for ${program}`);
  return found;
}

function entry(program: string, apt: string, dnf = apt, zypper = dnf): ProgramPackage {
  return { program, apt, dnf, zypper };
}
