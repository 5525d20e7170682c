import { exampleOf, namesOf, podPath } from '../../inventory/checks/blocks.ts';
import { checkLan } from '../../inventory/checks/lan.ts';
import { familyName, familyOf, parseCidr, splitList } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import type { Inventory } from '../../inventory/model.ts';
import { macvlanNeeds, settingsOf } from '../../inventory/plugin.ts';
import type { PluginDeclaration } from '../../inventory/plugin.ts';
import { lanSchema } from '../../inventory/schema/lan.ts';
import type { LanInput } from '../../inventory/schema/lan.ts';
import type { ClusterInput } from '../../inventory/schema.ts';

const name = 'macvlan';
const path = ['cluster', 'network', name];

/** What the inventory may say of macvlan. */
export const macvlanDeclaration: PluginDeclaration<LanInput> & { readonly schema: typeof lanSchema } = {
  name,
  summary: "pods as machines of the hosts' own LAN, without Services",
  proof: 'proved',
  enforcesPolicy: false,
  podsReachServices: false,
  uses: ['mtu', 'secondInterface'],
  schema: lanSchema,
  version: () => undefined,
  rules: [],
  check,
  resolve: (input) => {
    // Without them only the documentation asks.
    const settings = written(input) ?? { subnet: '', ranges: {} };
    return { settings, needs: macvlanNeeds({ ...settings, mtu: input.network?.mtu }, path.join('.')) };
  },
};

export function macvlanSettings({ cluster }: Inventory): LanInput {
  return settingsOf(macvlanDeclaration, cluster.network);
}

function written(input: ClusterInput): LanInput | undefined {
  const parsed = lanSchema.safeParse(input.network?.[name]);
  return parsed.success ? parsed.data : undefined;
}

function check(draft: Draft, report: Report): void {
  const pluginPath = ['cluster', 'network', 'plugin'];
  const message =
    "a pod cannot reach its own host, nor that host the pod: kubelet's http and tcp probes fail (exec probes work); pods reach no Service either, so that there is no cluster DNS: CoreDNS is left out, and pods ask the hosts' name servers";
  report({ code: 'MACVLAN_LIMITS', severity: 'warning', path: pluginPath, message });
  const settings = written(draft.cluster);
  if (settings !== undefined) {
    checkLan(settings, path, draft, report);
    checkFamily(settings, draft, report);
    return;
  }
  report({
    code: 'MACVLAN_UNSET',
    path: draft.cluster.network?.[name] === undefined ? pluginPath : path,
    basedOn: [path],
    message: 'macvlan needs to know the network that pods become part of',
    fix: 'write network.macvlan: { subnet, gateway, ranges }',
  });
}

/** The LAN is one subnet: pods get addresses of its family alone, and Kubernetes takes them for those of its blocks. */
function checkFamily({ subnet }: LanInput, { cluster }: Draft, report: Report): void {
  const parsed = parseCidr(subnet);
  if (!('cidr' in parsed)) return;
  const { family } = parsed.cidr;
  const wanted = splitList(cluster.network?.podCIDR ?? standard.network.podCIDR).map(familyOf);
  if (wanted.every((one) => one === family)) return;
  const message = `macvlan gives pods ${familyName(family)} addresses alone, those of ${subnet}, but pods are to have ${namesOf([...new Set(wanted)])}`;
  const fix = `use blocks of that family alone: podCIDR: "${exampleOf('podCIDR', [family])}", serviceCIDR: "${exampleOf('serviceCIDR', [family])}"`;
  report({ code: 'MACVLAN_ONE_FAMILY', path: [...path, 'subnet'], basedOn: [podPath], message, fix });
}
