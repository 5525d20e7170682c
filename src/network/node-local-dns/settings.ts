import * as z from 'zod';
import { familyOf, parseAddress, splitList } from '../../inventory/cidr.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import type { AdditionDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import { proxyModeFor, standard as inventoryStandard } from '../../inventory/defaults.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, imageName, optional } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { loopbackTcp, tcp } from '../ports.ts';

export const name = 'nodeLocalDNS';

export interface NodeLocalDNSSettings {
  readonly ip: string;
  readonly image: string;
  /** Whether it answers at the DNS Service's address too, so that pods need not know of it. */
  readonly takesServiceAddress: boolean;
}

/** The address of Kubernetes' own documentation, and for IPv6 one of those it names there. */
const addresses = { ipv4: '169.254.20.10', ipv6: 'fd00:169:254:20::10' } as const;

/** The image of Kubernetes' own manifest. */
const standard = { image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4' } as const;

const schema = z.strictObject({
  enabled: optional(z.boolean(), 'A cache of DNS on every node', false),
  ip: derived(
    z.string(),
    'Its address, the same on every node; with kube-proxy in ipvs or nftables mode it is what new pods ask',
    `${addresses.ipv4}; ${addresses.ipv6} where pods have IPv6 addresses first`,
  ),
  image: optional(imageName, 'Its image', standard.image),
});

/** What the inventory may say of NodeLocal DNSCache. */
export const nodeLocalDNSDeclaration: AdditionDeclaration<NodeLocalDNSSettings> = {
  name,
  summary: 'NodeLocal DNSCache: a cache of DNS on every node',
  proof: 'rendered',
  enforcesPolicy: false,
  schema,
  isChosen: (input) => writtenFor({ name, schema }, input).enabled === true,
  check,
  resolve: (input, { replacesKubeProxy }) => {
    const { ip = addressFor(input), image = standard.image } = given(writtenFor({ name, schema }, input));
    const takesServiceAddress = replacesKubeProxy !== true && modeOf(input) === 'iptables';
    return { settings: { ip, image, takesServiceAddress }, needs: needsOf(takesServiceAddress ? undefined : ip) };
  },
};

/**
 * In iptables mode it takes queries to the Service's address before kube-proxy's rules see them. With ipvs that address is on an interface of the host's, and
 * with nftables, or what does kube-proxy's work, rules come first: pods are told its own address.
 */
function modeOf(input: ClusterInput): string {
  const version = plain(input.kubernetesVersion ?? inventoryStandard.kubernetesVersion);
  return input.kubeProxy?.mode ?? proxyModeFor(version);
}

/** Of the family that Services' names are answered in first. */
function addressFor(input: ClusterInput): string {
  const [first = ''] = splitList(input.network?.podCIDR ?? inventoryStandard.network.podCIDR);
  return addresses[familyOf(first)];
}

function check({ cluster }: Draft, report: Report): void {
  const { ip } = writtenFor({ name, schema }, cluster);
  if (ip === undefined) return;
  const path = ['cluster', 'network', name, 'ip'];
  const address = parseAddress(ip);
  if (address.kind === 'ipv4' && address.range === 'linkLocal') return;
  const fix = `choose one of 169.254.0.0/16, for example ${addresses.ipv4}`;
  if (address.kind === 'none') {
    report({ code: 'ADDRESS_INVALID', path, message: `${JSON.stringify(ip)} is no address`, fix });
    return;
  }
  if (address.kind === 'ipv6' && address.range === 'uniqueLocal') return;
  const message = `${ip} may be somebody's: every node has it, so that it must be nobody's`;
  report({ code: 'NODE_LOCAL_DNS_ADDRESS', path, message, fix });
}

function needsOf(clusterDNS: string | undefined): PluginNeeds {
  const alternative = 'leave network.nodeLocalDNS off';
  return {
    artifacts: {},
    // Those of DNS are on its own addresses.
    ports: [
      loopbackTcp(8080, "NodeLocal DNSCache's health"),
      tcp(9253, "NodeLocal DNSCache's metrics"),
      tcp(9353, "NodeLocal DNSCache's setup metrics"),
    ],
    kernel: ['dummy', 'xt_CT'].map((module) => ({ module, by: 'NodeLocal DNSCache', alternative })),
    programs: [],
    leaves: [],
    ...(clusterDNS === undefined ? {} : { clusterDNS }),
  };
}
