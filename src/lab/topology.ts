import { K8supError } from '../errors/k8sup-error.ts';

/** How the hosts of a lab are connected. */
export interface LabNetwork {
  /** The hosts are in them in turn; the lab's namespace is the router between them. */
  readonly subnets: number;
}

/** One bridge for all hosts. */
export const plainNetwork: LabNetwork = { subnets: 1 };

/** A bridge in the lab's namespace. */
export interface LabBridge {
  readonly name: string;
  /** The router's addresses there, with the length of the prefix. */
  readonly addresses: readonly string[];
}

export const prefixLength = 24;
const maxSubnets = 2;

/** @throws {@link K8supError} `LAB_NETWORK` for what a lab cannot have. */
export function checkNetwork(network: LabNetwork): void {
  if (!Number.isInteger(network.subnets) || network.subnets < 1 || network.subnets > maxSubnets) {
    throw networkError(`a lab cannot have ${network.subnets} subnets`, 'Give 1 or 2 with --subnets.');
  }
}

export function labBridges(network: LabNetwork): readonly LabBridge[] {
  return Array.from({ length: network.subnets }, (_, subnet) => ({
    name: bridgeName(subnet),
    addresses: [`${routerAddress(subnet)}/${prefixLength}`],
  }));
}

/** Name of a subnet's bridge inside the lab's namespace. */
export function bridgeName(subnet: number): string {
  return `lab${subnet}`;
}

/** Address of the lab's namespace in a subnet: its hosts' gateway, and where k8sup comes from. */
export function routerAddress(subnet: number): string {
  return `10.88.${subnet}.1`;
}

function networkError(what: string, fix: string): K8supError {
  return new K8supError({ code: 'LAB_NETWORK', kind: 'usage', what, fix });
}
