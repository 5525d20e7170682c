import type { Host, Inventory } from './model.ts';

/** An address as the host part of a URL: IPv6 goes into brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What nodes and administrators dial. */
export function endpointUrl({ cluster }: Inventory): string {
  const { controlPlaneEndpoint: endpoint } = cluster;
  if (endpoint === undefined) throw new Error(`${cluster.name} has no Kubernetes, so nothing to dial`);
  const { host, port } = endpoint;
  return `https://${urlHost(host)}:${port}`;
}

/** The apiserver of one master itself. */
export function masterUrl({ cluster }: Inventory, master: Host): string {
  return `https://${urlHost(master.address)}:${cluster.apiserverPort}`;
}
