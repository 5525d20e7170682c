import type { Host, Inventory } from './model.ts';

/** An address as the host part of a URL: IPv6 goes into brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What nodes and administrators dial. */
export function endpointUrl(inventory: Inventory): string {
  const { host, port } = endpointOf(inventory);
  return `https://${urlHost(host)}:${port}`;
}

/** What clients of the cluster dial. @throws Error where there is no Kubernetes: nobody may ask then. */
export function endpointOf({ cluster }: Inventory): { readonly host: string; readonly port: number } {
  if (cluster.controlPlaneEndpoint !== undefined) return cluster.controlPlaneEndpoint;
  throw new Error(`${cluster.name} has no Kubernetes, so nothing to dial`);
}

/** The apiserver of one master itself. */
export function masterUrl({ cluster }: Inventory, master: Host): string {
  return `https://${urlHost(master.address)}:${cluster.apiserverPort}`;
}
