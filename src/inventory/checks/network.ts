import { formatCidr, overlaps } from '../cidr.ts';
import { standard } from '../defaults.ts';
import type { Draft, Report } from '../findings.ts';
import { given } from '../given.ts';
import type { Path } from '../path.ts';
import { exampleOf, namesOf, podPath, readBlocks, servicePath } from './blocks.ts';
import type { Block } from './blocks.ts';
import { checkHostFamilies, checkHostsOutside } from './families.ts';
import { checkNodeSubnets } from './node-subnets.ts';
import { checkServices } from './services.ts';

/** Address blocks: well-formed, of the same families, apart from each other and from the hosts, and large enough. */
export function checkNetwork(draft: Draft, report: Report): void {
  const written = { ...standard.network, ...given(draft.cluster.network) };
  const pods = readBlocks(written.podCIDR, { path: podPath, of: "the pods'" }, report);
  const services = readBlocks(written.serviceCIDR, { path: servicePath, of: "the Services'" }, report);
  if (pods !== undefined) {
    checkHostsOutside(draft, report, pods);
    checkNodeSubnets(draft, report, pods);
    checkSwitchedOff(draft, report, pods);
  }
  (written.nonMasqueradeCIDRs ?? []).forEach((cidr, index) => {
    const path = ['cluster', 'network', 'nonMasqueradeCIDRs', index];
    readBlocks(cidr, { path, of: "the world's" }, report);
  });
  if (services !== undefined) {
    checkHostsOutside(draft, report, services);
    checkServices(services, draft.cluster.network?.dnsIP, report);
  }
  if (pods === undefined || services === undefined) return;
  checkOverlaps(draft, report, [pods, services]);
  if (sameFamilies(draft, report, [pods, services])) checkHostFamilies(draft, report, pods.map(({ cidr }) => cidr.family)); // prettier-ignore
}

type Both = readonly [pods: readonly Block[], services: readonly Block[]];

function checkOverlaps(draft: Draft, report: Report, [pods, services]: Both): void {
  for (const service of services) {
    const pod = pods.find(({ cidr }) => overlaps(cidr, service.cidr));
    if (pod === undefined) continue;
    const message = `${service.name} and ${pod.name} overlap`;
    const [path, basedOn] = writtenOf(draft);
    report({ code: 'CIDR_OVERLAP', path, basedOn, message, fix: 'give them blocks of their own' });
  }
}

function sameFamilies(draft: Draft, report: Report, [pods, services]: Both): boolean {
  const ofPods = pods.map(({ cidr }) => cidr.family);
  const ofServices = services.map(({ cidr }) => cidr.family);
  if (ofPods.join() === ofServices.join()) return true;
  const [path, basedOn] = writtenOf(draft);
  const sameSet = ofPods.length === ofServices.length && ofPods.every((family) => ofServices.includes(family));
  const said = `pods have ${namesOf(ofPods)}, Services ${namesOf(ofServices)}`;
  report(
    sameSet
      ? { code: 'FAMILY_ORDER', path, basedOn, message: `${said}: the first family must be the same`, fix: 'put both lists into the same order' } // prettier-ignore
      : { code: 'FAMILIES_DIFFER', path, basedOn, message: `${said}: they must have the same families`, fix: `use one block of each family in both, for example podCIDR: "${exampleOf('podCIDR')}" and serviceCIDR: "${exampleOf('serviceCIDR')}"` }, // prettier-ignore
  );
  return false;
}

/** The place of a finding about both lists: the one that is written, the Services' where both are. */
function writtenOf({ cluster }: Draft): readonly [Path, readonly Path[]] {
  return cluster.network?.serviceCIDR === undefined ? [podPath, [servicePath]] : [servicePath, [podPath]];
}

function checkSwitchedOff({ cluster }: Draft, report: Report, pods: readonly Block[]): void {
  const ipv6 = pods.find(({ cidr }) => cidr.family === 'ipv6');
  if (ipv6 === undefined || cluster.hostPreparation?.disableIPv6 !== true) return;
  report({
    code: 'IPV6_DISABLED',
    path: ['cluster', 'hostPreparation', 'disableIPv6'],
    basedOn: [podPath],
    message: `this switches IPv6 off on all hosts, but pods are to have IPv6 addresses (${formatCidr(ipv6.cidr)})`,
    fix: 'take it out, or use IPv4 blocks alone',
  });
}
