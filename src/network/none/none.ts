import { noNeeds } from '../../inventory/plugin.ts';
import type { NetworkPlugin } from '../plugin.ts';

/** Bring your own: k8sup writes nothing, and nodes get ready when somebody installs a network. */
export const none: NetworkPlugin = {
  name: 'none',
  summary: 'bring your own: nodes get ready when you install a network',
  proof: 'rendered',
  // What the user brings may enforce them.
  enforcesPolicy: true,
  uses: [],
  version: () => undefined,
  rules: [],
  resolve: () => ({ settings: {}, needs: noNeeds }),
  needsPodCIDRs: false,
  makesNodesReady: false,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  cniFiles: () => [],
  objects: () => [],
  claims: () => [],
};
