import * as z from 'zod';
import { parseAddress, splitList } from '../../inventory/cidr.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import type { Inventory } from '../../inventory/model.ts';
import { noNeeds, settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import { optional } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';

export interface BridgeSettings {
  /** Router by host, or one of each family with a comma between, towards nodes that are not on the host's subnet. */
  readonly gateways: Readonly<Record<string, string>>;
}

const name = 'bridge';

const schema = z.strictObject({
  gateways: optional(
    z.record(z.string(), z.string()),
    "Router on each host's own subnet, by host, where nodes are on several; apply prints the routes that it needs",
    {},
  ),
});

/** What the inventory may say of the bridge. */
export const bridgeDeclaration: PluginDeclaration<BridgeSettings> & { readonly schema: typeof schema } = {
  name,
  summary: 'the CNI bridge with a route to each other node, in one network segment or by a gateway',
  proof: 'proved',
  provedWith: ['IPv4', 'dual stack', 'IPv6 alone'],
  enforcesPolicy: false,
  schema,
  version: () => undefined,
  rules: [],
  check,
  resolve: (input) => {
    const settings = { gateways: writtenFor({ name, schema }, input).gateways ?? {} };
    return { settings, needs: needsOf(input, settings) };
  },
};

/** Routers on a host's own subnets, one of each family at most. */
export function gatewaysOf({ cluster }: Inventory, host: string): readonly string[] {
  const written = settingsOf(bridgeDeclaration, cluster.network).gateways[host];
  return written === undefined ? [] : splitList(written);
}

function needsOf({ network }: ClusterInput, { gateways }: BridgeSettings): PluginNeeds {
  const setting = 'cluster.network.mtu';
  return {
    ...noNeeds,
    ...(network?.mtu === undefined ? {} : { mtu: [{ bytes: network.mtu, setting }] }),
    subnet: {
      code: 'BRIDGE_ACROSS_SUBNETS',
      by: 'the network bridge',
      alternative:
        'name the router on its subnet in cluster.network.bridge.gateways, or choose cluster.network.plugin: flannel, whose vxlan crosses routers',
      gateways,
    },
  };
}

function check({ cluster, hosts }: Draft, report: Report): void {
  const known = hosts.map(({ host }) => host.name);
  for (const [host, address] of Object.entries(writtenFor({ name, schema }, cluster).gateways ?? {})) {
    const path = ['cluster', 'network', name, 'gateways', host];
    if (!known.includes(host)) {
      const message = `there is no host ${JSON.stringify(host)}`;
      report({ code: 'HOST_UNKNOWN', path, atKey: true, message, fix: `the hosts are ${known.join(', ')}` });
    }
    if (splitList(address).every((one) => parseAddress(one).kind !== 'none')) continue;
    report({ code: 'ADDRESS_INVALID', path, message: `${JSON.stringify(address)} is not an address` });
  }
}
