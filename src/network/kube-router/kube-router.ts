import type { KubeObject } from '../../engine/stage.ts';
import { localPaths } from '../../inventory/local-path.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { PluginDeclaration } from '../../inventory/plugin.ts';
import { readSecretText } from '../../inventory/secret-file.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { upstreamManifest } from '../upstream/index.ts';
import type { UpstreamContext } from '../upstream/index.ts';
import { checkKubeRouter, kubeRouterRules } from './check.ts';
import { routerClaims } from './claims.ts';
import { kubeRouterNeeds } from './needs.ts';
import { kubeRouterObjects } from './objects.ts';
import { name, own, resolveSettings, schema } from './settings.ts';
import type { BgpPeer, KubeRouterSettings } from './settings.ts';
import { kubeRouterStatus } from './status.ts';

/** What the inventory may say of kube-router. */
const declaration: PluginDeclaration<KubeRouterSettings> & { readonly schema: typeof schema } = {
  name,
  summary: "routes by BGP, with tunnels where it must, network policies, and kube-proxy's work if wanted",
  proof: 'rendered',
  uses: [],
  enforcesPolicy: (input) => writtenFor({ name, schema }, input).firewall ?? own.firewall,
  schema,
  version: (input) => resolveSettings(input).version,
  rules: kubeRouterRules,
  check: checkKubeRouter,
  resolve: (input) => {
    const settings = resolveSettings(input);
    return { settings, needs: kubeRouterNeeds(settings) };
  },
};

/** kube-router as pods of the cluster: upstream's manifest, changed by what the inventory says. */
export const kubeRouter: NetworkPlugin<KubeRouterSettings> = {
  ...declaration,
  status: kubeRouterStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  // Its own pods write it, and fill in the node's block of addresses.
  cniFiles: () => [],
  objects,
  claims: routerClaims,
};

export function kubeRouterSettings({ cluster }: Inventory): KubeRouterSettings {
  return settingsOf(declaration, cluster.network);
}

async function objects(context: UpstreamContext): Promise<readonly KubeObject[]> {
  const { inventory } = context;
  const settings = kubeRouterSettings(inventory);
  const [file] = inventory.cluster.network.needs.upstream ?? [];
  if (file === undefined) throw new Error('kube-router needs a file of upstream');
  const peerPasswords = await passwordsOf(inventory, settings.bgpPeers);
  const manifest = await upstreamManifest(context, file);
  return kubeRouterObjects(manifest, inventory, {
    settings,
    ...(peerPasswords === undefined ? {} : { peerPasswords }),
  });
}

async function passwordsOf(inventory: Inventory, peers: readonly BgpPeer[]): Promise<readonly string[] | undefined> {
  if (peers.every(({ passwordFile }) => passwordFile === undefined)) return undefined;
  const path = localPaths(inventory.file);
  const read = async ({ passwordFile }: BgpPeer): Promise<string> =>
    passwordFile === undefined ? '' : readSecretText(path(passwordFile), 'inventory');
  return Promise.all(peers.map(read));
}
