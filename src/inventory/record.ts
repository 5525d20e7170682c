import * as z from 'zod';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { hasIPv6, hostsWith } from './model.ts';
import type { Inventory } from './model.ts';
import { urlHost } from './urls.ts';

const recordSchema = z.object({
  version: z.literal(1),
  kubernetes: z.string(),
  etcd: z.object({
    version: z.string(),
    clientPort: z.number(),
    peerPort: z.number(),
    members: z.array(z.object({ name: z.string(), address: z.string() })),
  }),
  runtime: z.string(),
  plugin: z.string(),
  podCIDR: z.string(),
  serviceCIDR: z.string(),
  nodeCIDRMaskSize: z.number(),
  /** Records of clusters that never had IPv6 may have none. */
  nodeCIDRMaskSizeIPv6: z.number().optional(),
  dnsIP: z.string(),
  dnsDomain: z.string(),
  /** There is none without Kubernetes. */
  controlPlaneEndpoint: z.string().optional(),
  apiserverPort: z.number(),
  encryptionAtRest: z.boolean(),
  /** What the plugin says must stay, by key; records of older releases have none. */
  network: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  /** Records of older releases have none. */
  proxyMode: z.string().optional(),
  directories: z.object({ etcd: z.string(), kubelet: z.string(), runtime: z.string() }),
  hosts: z.array(z.object({ name: z.string(), address: z.string(), roles: z.array(z.string()) })),
});

/** What of an applied inventory decides whether an edit is safe; plain data, without secrets, kept with the cluster's state. */
export type RecordedSettings = Readonly<z.infer<typeof recordSchema>>;

/** The record to keep once an inventory was applied; pure. */
export function recordOf({ cluster, hosts, ...inventory }: Inventory): RecordedSettings {
  const { network, versions, controlPlaneEndpoint: endpoint } = cluster;
  const members = hostsWith({ ...inventory, cluster, hosts }, 'etcd');
  return {
    version: 1,
    kubernetes: versions.kubernetes,
    etcd: {
      version: versions.etcd,
      clientPort: cluster.etcd.clientPort,
      peerPort: cluster.etcd.peerPort,
      members: members.map(({ name, address }) => ({ name, address })),
    },
    runtime: cluster.runtime.type,
    plugin: network.plugin,
    podCIDR: network.podCIDRs.join(','),
    serviceCIDR: network.serviceCIDRs.join(','),
    nodeCIDRMaskSize: network.nodeCIDRMaskSize,
    ...(hasIPv6(network) ? { nodeCIDRMaskSizeIPv6: network.nodeCIDRMaskSizeIPv6 } : {}),
    dnsIP: network.dnsIPs.join(','),
    dnsDomain: network.dnsDomain,
    ...(endpoint === undefined ? {} : { controlPlaneEndpoint: `${urlHost(endpoint.host)}:${endpoint.port}` }),
    apiserverPort: cluster.apiserverPort,
    encryptionAtRest: cluster.encryptionAtRest,
    proxyMode: cluster.kubeProxy.mode,
    network: Object.fromEntries((network.needs.fixed ?? []).map(({ key, value }) => [key, value])),
    directories: { etcd: cluster.etcd.dataDir, kubelet: cluster.kubelet.rootDir, runtime: cluster.runtime.dataRoot },
    hosts: hosts.map(({ name, addresses, roles }) => ({
      name,
      address: addresses.join(','),
      roles: [...roles].sort(),
    })),
  };
}

/**
 * Reads a record back.
 *
 * @throws K8supError `RECORD_INVALID` where the text is not a record that this k8sup can read.
 */
export function parseRecord(text: string, file: string): RecordedSettings {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new K8supError({
      code: 'RECORD_INVALID',
      kind: 'inventory',
      what: `the record of the applied inventory, ${file}, cannot be read`,
      why: error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error),
      fix: 'restore the file from a backup of the .k8sup folder, or use the k8sup release that wrote it',
      cause: error,
    });
  }
}
