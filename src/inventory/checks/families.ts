import { addressesOf } from '../addresses.ts';
import { contains, familyName, parseAddress } from '../cidr.ts';
import type { Family } from '../cidr.ts';
import type { Draft, DraftHost, Report } from '../findings.ts';
import { runsKubelet } from '../model.ts';
import { rolesOf } from '../resolve.ts';
import { exampleOf, namesOf, podPath, servicePath } from './blocks.ts';
import type { Block } from './blocks.ts';

export function checkHostsOutside(draft: Draft, report: Report, blocks: readonly Block[]): void {
  for (const { index, host } of draft.hosts) {
    for (const text of addressesOf(host)) {
      const address = parseAddress(text);
      if (address.kind === 'none') continue;
      const block = blocks.find(({ cidr }) => contains(cidr, address));
      if (block === undefined) continue;
      const message = `${text} is inside ${block.name}: packets to this host would go astray`;
      const fix = 'choose a block that no host and no network of yours uses';
      report({ code: 'HOST_IN_CLUSTER_CIDR', path: ['hosts', index, 'address'], basedOn: [block.path], message, fix });
    }
  }
}

/**
 * Hosts with pods need an address of each family, in the cluster's order: the API server's own Service is of the first family and so must its
 * endpoints be (Kubernetes' `validatePublicIPServiceClusterIPRangeIPFamilies`). etcd needs the first alone.
 */
export function checkHostFamilies(draft: Draft, report: Report, families: readonly Family[]): void {
  for (const entry of draft.hosts) {
    const kinds = addressesOf(entry.host).map((text) => parseAddress(text).kind);
    const own = kinds.flatMap((kind) => (kind === 'none' ? [] : [kind]));
    // What is no address, and two of a family, are told at the address itself.
    if (own.length < kinds.length || new Set(own).size < own.length) continue;
    const finding = faultOf({ entry, own, families, only: draft.onlyHost });
    if (finding === undefined) continue;
    report({ ...finding, path: ['hosts', entry.index, 'address'], basedOn: [podPath, servicePath] });
  }
}

interface Judged {
  readonly entry: DraftHost;
  readonly own: readonly Family[];
  readonly families: readonly Family[];
  readonly only: boolean;
}

function faultOf({ entry: { host }, own, families, only }: Judged) {
  const needed = runsKubelet({ roles: rolesOf(host, only) }) ? families : families.slice(0, 1);
  const missing = needed.filter((family) => !own.includes(family));
  const extra = own.filter((family) => !families.includes(family));
  const wanted = namesOf(families);
  if (missing.length > 0) {
    const message = `${host.name} has no ${namesOf(missing)} address, but pods and Services have ${wanted}`;
    const other = extra.length > 0 ? `, or use blocks of its own family: podCIDR: "${exampleOf('podCIDR', own)}", serviceCIDR: "${exampleOf('serviceCIDR', own)}"` : ''; // prettier-ignore
    const form = families.map((family) => (family === 'ipv4' ? '10.0.0.11' : 'fd00::11')).join(',');
    return { code: 'FAMILY_MISSING', message, fix: `write its address as "${form}"${other}` };
  }
  if (extra.length > 0) {
    const message = `${host.name} has an ${namesOf(extra)} address, but pods and Services have ${wanted} alone`;
    const fix = `leave it out, or add the family: podCIDR: "${exampleOf('podCIDR')}", serviceCIDR: "${exampleOf('serviceCIDR')}"`;
    return { code: 'FAMILY_NOT_ENABLED', message, fix };
  }
  const first = families[0];
  if (first === undefined || own[0] === first) return undefined;
  const message = `the first address of ${host.name} is its ${namesOf(own.slice(0, 1))} one, but the cluster's first family is ${familyName(first)}`;
  return { code: 'FAMILY_ORDER', message, fix: `write the ${familyName(first)} address first` };
}
