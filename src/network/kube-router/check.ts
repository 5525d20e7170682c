import { parseAddress } from '../../inventory/cidr.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { runsKubelet } from '../../inventory/model.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { kubeRouterVersion, name, schema } from './settings.ts';
import type { KubeRouterInput } from './settings.ts';

const at = (...keys: readonly (string | number)[]) => ['cluster', 'network', name, ...keys];

export const kubeRouterRules: readonly CombinationRule[] = [
  {
    code: 'KUBE_ROUTER_UNSUPPORTED',
    severity: 'error',
    path: ['network', name, 'version'],
    applies: ({ pluginVersion }) => pluginVersion?.startsWith('2.11.') !== true,
    message: "k8sup's edits are written for the files of kube-router 2.11 alone",
    fix: `use kube-router ${kubeRouterVersion}`,
  },
  {
    code: 'KUBE_ROUTER_NEEDS_KUBERNETES_1_21',
    severity: 'error',
    path: ['network', 'plugin'],
    applies: ({ kubernetes }) => !isAtLeast(kubernetes, 1, 21),
    message: 'kube-router 2.11 watches discovery.k8s.io/v1, which Kubernetes serves from 1.21 on',
    fix: 'use a newer Kubernetes, or network.plugin: flannel',
  },
];

/** What no schema can say of kube-router's settings. */
export function checkKubeRouter(draft: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, draft.cluster);
  checkPeers(written, report);
  checkASNumbers(draft, written, report);
  if (written.serviceProxy === true && draft.cluster.kubeProxy !== undefined) {
    const message = 'with network.kube-router.serviceProxy there is no kube-proxy: its settings have no effect';
    const path = ['cluster', 'kubeProxy'];
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
  }
  if (written.hairpin === true && written.serviceProxy !== true) {
    const message = 'this is a setting of the service proxy: kube-proxy has hairpin by itself';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at('hairpin'), atKey: true, message });
  }
}

function checkPeers({ bgpPeers = [] }: KubeRouterInput, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { address }] of bgpPeers.entries()) {
    const path = at('bgpPeers', index, 'address');
    if (parseAddress(address).kind === 'none') {
      report({
        code: 'BGP_PEER_INVALID',
        path,
        message: `${address} is not an address`,
        fix: 'write for example "192.0.2.1"',
      });
    } else if (seen.has(address)) {
      report({ code: 'BGP_PEER_TWICE', path, message: `${address} is a peer twice`, fix: 'name it once' });
    }
    seen.add(address);
  }
}

/** Without the mesh every node must have a number, or kube-router does not start there. */
function checkASNumbers(draft: Draft, { nodeMesh, hostASNumbers = {} }: KubeRouterInput, report: Report): void {
  const nodes = draft.hosts.flatMap(({ host }) =>
    runsKubelet({ roles: rolesOf(host, draft.onlyHost) }) ? [host.name] : [],
  );
  for (const host of Object.keys(hostASNumbers)) {
    if (nodes.includes(host)) continue;
    const message = `${JSON.stringify(host)} is no node of this cluster`;
    const fix = `name hosts that run pods: ${nodes.join(', ')}`;
    report({ code: 'KUBE_ROUTER_HOST_UNKNOWN', path: at('hostASNumbers', host), atKey: true, message, fix });
  }
  if (nodeMesh !== false) {
    if (Object.keys(hostASNumbers).length === 0) return;
    const message = 'with nodeMesh all nodes have the number asNumber';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at('hostASNumbers'), atKey: true, message });
    return;
  }
  const missing = nodes.filter((host) => hostASNumbers[host] === undefined);
  if (missing.length === 0) return;
  const message = `without nodeMesh kube-router takes its AS number from the node, and ${missing.join(', ')} have none`;
  report({ code: 'KUBE_ROUTER_ASN_MISSING', path: at('nodeMesh'), message, fix: 'add them to hostASNumbers' });
}
