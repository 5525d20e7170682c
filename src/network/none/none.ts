import { paths } from '../../components/paths.ts';
import { noNeeds } from '../../inventory/plugin.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { noneStatus } from './status.ts';

/** Bring your own: k8sup writes nothing, and nodes get ready when somebody installs a network. */
export const none: NetworkPlugin = {
  name: 'none',
  summary: 'bring your own: nodes get ready when you install a network',
  proof: 'proved',
  // What the user brings may enforce them.
  enforcesPolicy: true,
  uses: [],
  version: () => undefined,
  rules: [],
  resolve: () => ({ settings: {}, needs: noNeeds }),
  status: noneStatus,
  needsPodCIDRs: false,
  makesNodesReady: false,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  cniFiles: () => [],
  objects: () => [],
  // Runtimes keep what CNI plugins said there, already of the loopback interface that each pod has.
  claims: () => [{ kind: 'path', name: '/var/lib/cni' }],
  notes: ({ podCIDRs }) => [whatNext(podCIDRs)],
};

function whatNext(podCIDRs: Readonly<Record<string, readonly string[]>>): string {
  return [
    'nodes become Ready when you have installed a network:',
    `  its CNI configuration goes to ${paths.cniConf}, its plugins to ${paths.cniBin} (${shipped} are there)`,
    '  each node has a part of the pod network for it: k8sup kubectl -- get nodes -o custom-columns=NODE:.metadata.name,PODS:.spec.podCIDRs',
    ...Object.entries(podCIDRs).map(([name, own]) => `    ${name} ${own.join(' ')}`),
    '  then prove it: k8sup verify',
  ].join('\n');
}

const shipped = 'bridge, host-local, loopback, macvlan, portmap, bandwidth and more';
