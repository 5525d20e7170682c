import type { ComponentFile } from '../components/component.ts';
import { jsonText } from '../components/documents.ts';
import { paths } from '../components/paths.ts';
import { releaseHas } from '../inventory/releases.ts';
import type { Inventory, NetworkSettings } from '../inventory/model.ts';
import type { Claim } from '../resources/claims.ts';

export type CniVersion = '0.4.0' | '1.0.0';

export interface CniChain {
  readonly cniVersion: CniVersion;
  readonly name: string;
  readonly plugins: readonly object[];
}

/** Sorts before what others may leave there: runtimes take the first file. */
export const cniConfigPath = `${paths.cniConf}/10-k8sup.conflist`;

/** The bridge both plugins make. */
export const bridgeName = 'cni0';

/** A chain of CNI plugins: the given one, then host ports and bandwidth limits where they are wanted. */
export function cniConfigFile(cniVersion: CniVersion, { cni }: NetworkSettings, plugin: object): ComponentFile {
  const plugins = [
    plugin,
    ...(cni.portmap ? [{ type: 'portmap', capabilities: { portMappings: true } }] : []),
    ...(cni.bandwidth ? [{ type: 'bandwidth', capabilities: { bandwidth: true } }] : []),
  ];
  return cniChainFile(cniConfigPath, { cniVersion, name: 'k8sup', plugins });
}

/** A configuration of CNI plugins that are called one after the other. */
export function cniChainFile(path: string, list: CniChain): ComponentFile {
  return { path, mode: 0o644, content: jsonText(list) };
}

/** What kubelets or runtimes of the release understand, for plugins that understand both. */
export function cniVersionFor({ cluster }: Inventory): CniVersion {
  return releaseHas(cluster.versions.kubernetes, 'cniVersion1') ? '1.0.0' : '0.4.0';
}

/** What the CNI plugins leave: the bridge with the hosts' ends of pods' links, bandwidth's links, portmap's chains or table, host-local's leases. */
export const cniClaims: readonly Claim[] = [
  { kind: 'link', name: bridgeName },
  { kind: 'links', name: 'bwp' },
  { kind: 'chains', name: 'CNI-' },
  { kind: 'nft-table', name: 'ip cni_hostport' },
  { kind: 'nft-table', name: 'ip6 cni_hostport' },
  { kind: 'path', name: '/var/lib/cni' },
];
