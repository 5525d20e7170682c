import { K8supError } from '../../errors/k8sup-error.ts';
import type { ComponentFile } from '../../components/component.ts';
import type { LanInput } from '../../inventory/schema/lan.ts';
import { subnetOf } from '../../inventory/subnet.ts';
import { cniChainFile, cniConfigPath, cniVersionFor } from '../cni.ts';
import type { NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { macvlanConfig } from './config.ts';
import { macvlanDeclaration, macvlanSettings } from './settings.ts';
import { macvlanStatus } from './status.ts';

/** Pods with addresses of the hosts' own LAN; what goes to and from them passes the host by, and so kube-proxy's rules. */
export const macvlan: NetworkPlugin<LanInput> = {
  ...macvlanDeclaration,
  status: macvlanStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  cniFiles: (target) => [conflist(target)],
  objects: () => [],
  claims: () => [{ kind: 'path', name: '/var/lib/cni' }],
};

/** portmap and bandwidth work on the host's end of a link, of which there is none. */
function conflist(target: NetworkTarget): ComponentFile {
  const { inventory, host } = target;
  const lan = macvlanSettings(inventory);
  const plugin = macvlanConfig({
    lan,
    host: host.name,
    master: lan.master ?? ownInterface(target),
    mtu: inventory.cluster.network.mtu,
    defaultRoute: true,
  });
  return cniChainFile(cniConfigPath, { cniVersion: cniVersionFor(inventory), name: 'k8sup', plugins: [plugin] });
}

function ownInterface({ host, facts }: NetworkTarget): string {
  const found = subnetOf(host.address, facts.addresses);
  if (found !== undefined) return found.interface;
  throw new K8supError({
    code: 'INTERFACE_UNKNOWN',
    kind: 'preflight',
    host: host.name,
    what: `${host.name}: nothing tells which interface is on the LAN`,
    why: `no interface was seen to have ${host.address} with the mask of its network`,
    fix: 'name it in cluster.network.macvlan.master',
  });
}
