import { contains, networkOf, parseCidr, splitList } from '../../inventory/cidr.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { ciliumVersion, name, podCIDR, schema } from './settings.ts';
import type { CiliumInput } from './settings.ts';

const at = (...keys: readonly string[]) => ['cluster', 'network', name, ...keys];

export const ciliumRules: readonly CombinationRule[] = [
  {
    code: 'CILIUM_UNSUPPORTED',
    severity: 'error',
    path: ['network', name, 'version'],
    applies: ({ pluginVersion }) => pluginVersion?.startsWith('1.20.') !== true,
    message: "k8sup's values are written for the chart of Cilium 1.20 alone",
    fix: `use Cilium ${ciliumVersion}`,
  },
  {
    code: 'CILIUM_NEEDS_KUBERNETES_1_21',
    severity: 'error',
    path: ['network', 'plugin'],
    applies: ({ kubernetes }) => !isAtLeast(kubernetes, 1, 21),
    message: 'the chart of Cilium 1.20 asks for Kubernetes 1.21 or newer',
    fix: 'use a newer Kubernetes, or network.plugin: flannel',
  },
];

/** What no schema can say of Cilium's settings. */
export function checkCilium(draft: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, draft.cluster);
  checkRouting(draft, written, report);
  const { enabled = false, relay = false, ui = false } = written.hubble ?? {};
  if (ui && !relay) {
    const message = 'the page shows what the relay tells';
    report({ code: 'CILIUM_UI_NEEDS_RELAY', path: at('hubble', 'ui'), message, fix: 'add hubble.relay: true' });
  }
  if (!enabled && (relay || ui)) {
    const message = 'there is nothing to be told of: Hubble is off';
    report({ code: 'CILIUM_HUBBLE_OFF', path: at('hubble'), atKey: true, message, fix: 'add hubble.enabled: true' });
  }
  if (written.kubeProxyReplacement === true && draft.cluster.kubeProxy !== undefined) {
    const message = 'with network.cilium.kubeProxyReplacement there is no kube-proxy: its settings have no effect';
    const path = ['cluster', 'kubeProxy'];
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
  }
}

function checkRouting({ cluster }: Draft, written: CiliumInput, report: Report): void {
  const { routing = 'tunnel', nativeRoutingCIDR } = written;
  const idle =
    routing === 'native' ? (['tunnel', 'tunnelPort'] as const) : (['nativeRoutingCIDR', 'directNodeRoutes'] as const);
  for (const key of idle) {
    if (written[key] === undefined) continue;
    const message = `with routing: ${routing} this has no effect`;
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), atKey: true, message });
  }
  if (routing !== 'native' || nativeRoutingCIDR === undefined) return;
  const around = splitList(nativeRoutingCIDR).map(parseCidr);
  for (const text of splitList(podCIDR(cluster))) {
    const pods = parseCidr(text);
    const holds = around.some(
      (block) =>
        'cidr' in block &&
        'cidr' in pods &&
        contains(block.cidr, { kind: pods.cidr.family, value: networkOf(pods.cidr) }) &&
        block.cidr.prefix <= pods.cidr.prefix,
    );
    if (holds) continue;
    const message = `nativeRoutingCIDR ${nativeRoutingCIDR} does not hold the pods' ${text}: they would be masqueraded towards each other`;
    const basedOn = [['cluster', 'network', 'podCIDR']];
    report({ code: 'CILIUM_NATIVE_CIDR', path: at('nativeRoutingCIDR'), basedOn, message, fix: 'leave it out' });
  }
}
