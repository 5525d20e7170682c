import type { Host, Inventory } from '../model.ts';
import { isRecord } from '../path.ts';

/** What templates may name, for one host; texts, numbers, true and false, and lists of them with a comma between. */
export function templateValues(
  { cluster, hosts }: Pick<Inventory, 'cluster' | 'hosts'>,
  host: Host,
): ReadonlyMap<string, string> {
  const { network, versions, controlPlaneEndpoint: endpoint } = cluster;
  const known = {
    'host.name': host.name,
    'host.address': host.address,
    'host.addresses': host.addresses,
    'host.roles': [...host.roles],
    'cluster.name': cluster.name,
    'cluster.kubernetesVersion': versions.kubernetes,
    'cluster.podCIDR': network.podCIDR,
    'cluster.podCIDRs': network.podCIDRs,
    'cluster.serviceCIDR': network.serviceCIDR,
    'cluster.serviceCIDRs': network.serviceCIDRs,
    'cluster.dnsDomain': network.dnsDomain,
    'cluster.dnsIP': network.dnsIP,
    ...(endpoint === undefined ? {} : { 'cluster.endpoint': `${endpoint.host}:${String(endpoint.port)}` }),
    'hosts.names': hosts.map(({ name }) => name),
    'hosts.addresses': hosts.map(({ address }) => address),
  };
  const own = [...flat('host.labels', host.labels), ...flat('host.variables', host.variables)];
  return new Map([...Object.entries(known), ...own].flatMap(([name, value]) => entry(name, value)));
}

function entry(name: string, value: unknown): readonly (readonly [string, string])[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const plain = list.every((item) => ['string', 'number', 'boolean'].includes(typeof item));
  return plain ? [[name, list.join(',')]] : [];
}

function flat(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (!isRecord(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, item]) => flat(`${name}.${key}`, item));
}
