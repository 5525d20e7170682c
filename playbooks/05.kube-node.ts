import { runsKubelet } from '../src/inventory/model.ts';
import { binaries } from '../src/components/binaries.ts';
import { claims } from '../src/resources/claims.ts';
import { componentFiles, componentResources, componentService } from '../src/components/component-resources.ts';
import { healthGate } from '../src/components/health-gate.ts';
import { kubelet, kubeletClaims } from '../src/components/kubelet/kubelet.ts';
import { kubeletTrust } from '../src/components/kubelet/kubelet-trust.ts';
import { absentKubeProxy } from '../src/components/kube-proxy/absent-kube-proxy.ts';
import { kubeProxy, kubeProxyClaims } from '../src/components/kube-proxy/kube-proxy.ts';
import { nodeRbac } from '../src/components/rbac.ts';
import { registryCredentialsFile } from '../src/components/registry-credentials.ts';
import { kubeconfigs, paths } from '../src/components/paths.ts';
import type { Stage, StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import { joinCondition, joinNodes, nodeMetadata, unregisteredNodes } from '../src/kube/index.ts';
import { absentFile } from '../src/resources/absent-file.ts';
import { file } from '../src/resources/file.ts';
import { clientKubeconfig, nodeCertificates } from './certificates.ts';

const kubeletOf = (host: Host, context: StageContext) => kubelet(context.inventory, host, context.facts(host));
/** By the network. */
const isReplaced = ({ inventory }: StageContext) => inventory.cluster.network.needs.replacesKubeProxy === true;
const kubeProxyOf = (host: Host, context: StageContext) => kubeProxy(context.inventory, host, context.facts(host));

/** Kubelets that join by bootstrap token and approved requests, and kube-proxy where the network does not do its work. Masters that are no nodes join too, with a taint. */
export const nodeStage: Stage = {
  id: '05.kube-node',
  title: 'nodes',
  steps: [
    { type: 'cluster', name: 'rights of joining nodes', objects: () => nodeRbac() },
    {
      type: 'hosts',
      name: 'kubelet files',
      on: runsKubelet,
      resources: async (host, context) => [
        ...(await binaries(context, host, {
          component: 'kubernetes',
          version: context.inventory.cluster.versions.kubernetes,
          files: isReplaced(context) ? ['kubelet'] : ['kubelet', 'kube-proxy'],
          directory: paths.bin,
        })),
        claims('kubelet', kubeletClaims(context.inventory)),
        ...nodeCertificates(context),
        ...registryCredentials(context),
        ...componentFiles(kubeletOf(host, context)),
      ],
    },
    {
      type: 'action',
      name: 'join',
      on: runsKubelet,
      condition: (host, { inventory, pki }) =>
        joinCondition(host, inventory, pki.authorities.ca['kubernetes-ca'].certificate.subjectKeyId),
      run: joinNodes,
    },
    {
      type: 'hosts',
      name: 'kubelet',
      on: runsKubelet,
      rollout: 'canary',
      resources: (host, context) => [
        // The join takes it away itself, unless it was killed.
        absentFile(kubeconfigs.bootstrap),
        kubeletTrust,
        componentService(kubeletOf(host, context)),
      ],
      gate: (host, context) => healthGate(kubeletOf(host, context)),
    },
    {
      type: 'hosts',
      name: 'kube-proxy',
      on: runsKubelet,
      rollout: 'canary',
      resources: (host, context) =>
        isReplaced(context)
          ? [absentKubeProxy()]
          : [
              claims('kube-proxy', kubeProxyClaims(context.inventory)),
              clientKubeconfig(context, host, 'kube-proxy'),
              ...componentResources(kubeProxyOf(host, context)),
            ],
      gate: (host, context) => (isReplaced(context) ? undefined : healthGate(kubeProxyOf(host, context))),
    },
    {
      type: 'cluster',
      name: 'labels and taints',
      objects: async ({ inventory, nodes }) => nodeMetadata(inventory, await nodes()),
      later: async ({ nodes }, hosts) => unregisteredNodes(hosts, await nodes()),
    },
  ],
};

function registryCredentials({ inventory, registryPasswords }: StageContext) {
  const credentials = registryCredentialsFile(inventory, registryPasswords);
  return credentials === undefined ? [] : [file(credentials)];
}
