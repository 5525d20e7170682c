import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { cniChainFile, cniVersionFor } from '../cni.ts';
import { macvlanConfig } from './config.ts';

/** Sorts after the network's own: the first file makes eth0, which is the address that Kubernetes knows. */
export const secondInterfacePath = `${paths.cniConf}/20-k8sup-second.conflist`;

/** The second interface of pods on a host, where the inventory wants one. */
export function secondInterfaceFile(inventory: Inventory, host: Host): ComponentFile | undefined {
  const { secondInterface: second } = inventory.cluster.network;
  if (second === undefined) return undefined;
  const { master, mtu } = second;
  const plugin = macvlanConfig({ lan: second, host: host.name, master, mtu, defaultRoute: false });
  const cniVersion = cniVersionFor(inventory);
  return cniChainFile(secondInterfacePath, { cniVersion, name: 'k8sup-second', plugins: [plugin] });
}
