import type { NetworkPlugin } from '../plugin.ts';

/** Bring your own: k8sup writes nothing, and nodes get ready when somebody installs a network. */
export const none: NetworkPlugin = {
  name: 'none',
  needsPodCIDRs: false,
  component: () => undefined,
  cniFiles: () => [],
  objects: () => [],
  claims: () => [],
};
