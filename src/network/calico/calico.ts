import { readFile } from 'node:fs/promises';
import type { KubeObject } from '../../engine/stage.ts';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { localPaths } from '../../inventory/local-path.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf } from '../../inventory/plugin.ts';
import type { PluginDeclaration } from '../../inventory/plugin.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { upstreamManifest } from '../upstream/index.ts';
import type { UpstreamContext } from '../upstream/index.ts';
import { checkCalico } from './check.ts';
import { calicoClaims } from './claims.ts';
import { calicoObjects } from './edits.ts';
import type { EtcdSecrets } from './edits.ts';
import { calicoNeeds } from './needs.ts';
import { calicoRules } from './rules.ts';
import { name, resolveSettings, schema } from './settings.ts';
import type { CalicoSettings } from './settings.ts';
import { calicoStatus } from './status.ts';

/** What the inventory may say of Calico. */
const declaration: PluginDeclaration<CalicoSettings> & { readonly schema: typeof schema } = {
  name,
  summary: "routes by BGP, or tunnels (IP in IP, vxlan), with network policies, from Calico's own manifests",
  proof: 'rendered',
  enforcesPolicy: true,
  uses: ['secondInterface'],
  schema,
  version: (input) => resolveSettings(input, 1).version,
  rules: calicoRules(name),
  check: checkCalico,
  resolve: (input, nodes, hosts) => {
    const settings = resolveSettings(input, nodes);
    const names = hosts.map((host) => host.name);
    return { settings, needs: calicoNeeds(input, settings, names) };
  },
};

/** Calico as pods of the cluster: upstream's release manifests, changed by what the inventory says. */
export const calico: NetworkPlugin<CalicoSettings> = {
  ...declaration,
  status: calicoStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  // Its own pods write it, with a token in the kubeconfig beside it that they renew.
  cniFiles: () => [],
  objects,
  claims: (inventory) => calicoClaims(calicoSettings(inventory)),
};

export function calicoSettings({ cluster }: Inventory): CalicoSettings {
  return settingsOf(declaration, cluster.network);
}

async function objects(context: UpstreamContext): Promise<readonly KubeObject[]> {
  const { inventory } = context;
  const settings = calicoSettings(inventory);
  const [file] = inventory.cluster.network.needs.upstream ?? [];
  if (file === undefined) throw new Error('Calico needs a file of upstream');
  const secrets = await etcdSecrets(inventory, settings);
  const manifest = await upstreamManifest(context, file);
  return calicoObjects(manifest, inventory, { settings, ...(secrets === undefined ? {} : { secrets }) });
}

async function etcdSecrets(inventory: Inventory, { etcd }: CalicoSettings): Promise<EtcdSecrets | undefined> {
  if (etcd === undefined) return undefined;
  const [ca, cert, key] = await Promise.all(
    [etcd.caFile, etcd.certFile, etcd.keyFile].map((file) => readLocal(inventory, file)),
  );
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

async function readLocal(inventory: Inventory, written: string): Promise<string> {
  const path = localPaths(inventory.file)(written);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new K8supError({
      code: 'CALICO_ETCD_FILE',
      kind: 'inventory',
      what: `${path} cannot be read, by which Calico is to get into its etcd`,
      why: messageOf(error),
      fix: 'look at caFile, certFile and keyFile in network.calico.etcd',
      cause: error,
    });
  }
}
