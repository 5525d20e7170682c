import { K8supError } from '../errors/k8sup-error.ts';

/** How the hosts of a lab are connected. */
export interface LabNetwork {
  /** The hosts are in them in turn; the lab's namespace is the router between them. */
  readonly subnets: number;
  /** Hosts and router have static IPv6 addresses besides. */
  readonly ipv6: boolean;
  /** The hosts' IPv6 default route comes from advertisements of the router instead of their own settings. */
  readonly routerAdvertisements: boolean;
  /** Hosts have a second interface, `host1`, on a bridge of its own. */
  readonly secondInterface: boolean;
  /** Of the bridges and the hosts' interfaces; undefined: the kernel's 1500. */
  readonly mtu?: number;
}

/** One bridge for all hosts. */
export const plainNetwork: LabNetwork = {
  subnets: 1,
  ipv6: false,
  routerAdvertisements: false,
  secondInterface: false,
};

/** A bridge in the lab's namespace. */
export interface LabBridge {
  readonly name: string;
  /** The router's addresses there, with the length of the prefix. */
  readonly addresses: readonly string[];
}

export const prefixLength = 24;
export const prefixLength6 = 64;
/** Bridge of the second interfaces, of all subnets' hosts. */
export const secondBridge = 'second0';
const maxSubnets = 2;
/** Below it a kernel has no IPv6 (RFC 8200). */
const minMtu = 1280;
/** What the lab's ends of nspawn's links have. */
const maxMtu = 1500;

/** @throws {@link K8supError} `LAB_NETWORK` for what a lab cannot have. */
export function checkNetwork(network: LabNetwork): void {
  if (!Number.isInteger(network.subnets) || network.subnets < 1 || network.subnets > maxSubnets) {
    throw networkError(`a lab cannot have ${network.subnets} subnets`, 'Give 1 or 2 with --subnets.');
  }
  if (network.routerAdvertisements && !network.ipv6) {
    throw networkError('a lab without IPv6 has no router advertisements', 'Give --ipv6 too.');
  }
  const { mtu = maxMtu } = network;
  if (!Number.isInteger(mtu) || mtu < minMtu || mtu > maxMtu) {
    throw networkError(
      `a lab cannot have an MTU of ${mtu}`,
      `Give a whole number from ${minMtu} to ${maxMtu} with --mtu.`,
    );
  }
}

/** What is not plain about a network, for people; empty where all is. */
export function describeNetwork(network: LabNetwork): string {
  return [
    ...(network.subnets > 1 ? [`${network.subnets} subnets`] : []),
    ...(network.ipv6 ? [network.routerAdvertisements ? 'IPv6 by router advertisements' : 'IPv6'] : []),
    ...(network.secondInterface ? ['second interface'] : []),
    ...(network.mtu === undefined ? [] : [`MTU ${network.mtu}`]),
  ].join(', ');
}

export function labBridges(network: LabNetwork): readonly LabBridge[] {
  const subnets = Array.from({ length: network.subnets }, (_, subnet) => ({
    name: bridgeName(subnet),
    addresses: [
      `${routerAddress(subnet)}/${prefixLength}`,
      ...(network.ipv6 ? [`${address6(subnet, 1)}/${prefixLength6}`] : []),
    ],
  }));
  const second = { name: secondBridge, addresses: [`${secondAddress(1)}/${prefixLength}`] };
  return network.secondInterface ? [...subnets, second] : subnets;
}

/** Name of a subnet's bridge inside the lab's namespace. */
export function bridgeName(subnet: number): string {
  return `lab${subnet}`;
}

/** Address of the lab's namespace in a subnet: its hosts' gateway, and where k8sup comes from. */
export function routerAddress(subnet: number): string {
  return `10.88.${subnet}.1`;
}

/** IPv6 address number `last` (its decimal digits, as in the IPv4 address) of a subnet, in the form of RFC 5952. */
export function address6(subnet: number, last: number): string {
  return subnet === 0 ? `fd88::${last}` : `fd88:0:0:${subnet}::${last}`;
}

/** Address on the second interface. */
export function secondAddress(last: number): string {
  return `10.89.0.${last}`;
}

function networkError(what: string, fix: string): K8supError {
  return new K8supError({ code: 'LAB_NETWORK', kind: 'usage', what, fix });
}
