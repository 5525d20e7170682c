import type { Facts } from '../../host/facts/model.ts';
import { roleTaints } from '../../inventory/control-plane.ts';
import { hasIPv6 } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { urlHost } from '../../inventory/urls.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import type { ComponentFile } from '../component.ts';
import { yamlText } from '../documents.ts';
import { withExtraConfig } from '../extras.ts';
import { kubeFiles, kubePki } from '../paths.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { runtimeEndpoint } from '../runtime-endpoint.ts';
import { fixedPorts } from '../../inventory/ports.ts';

/** KubeletConfiguration, and where the kubelet then answers for its health. */
export function kubeletConfig(
  inventory: Inventory,
  host: Host,
  facts: Facts,
): { readonly file: ComponentFile; readonly healthUrl: string } {
  const defaults = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...accessFields,
    ...(hasIPv6(inventory.cluster.network) ? { address: '::' } : {}),
    ...hostFields(inventory, facts),
    ...podFields(inventory),
    ...releaseFields(inventory, host, facts),
  };
  const config = withExtraConfig(defaults, host, 'kubelet');
  return {
    file: { path: kubeFiles.kubelet, mode: 0o644, content: yamlText(config) },
    healthUrl: healthUrl(config['healthzBindAddress'], config['healthzPort']),
  };
}

/** The user's own address and port, if they are what they should be; the kubelet itself refuses the rest. */
function healthUrl(address: unknown, port: unknown): string {
  const host = typeof address === 'string' && !/^(0\.0\.0\.0|::)?$/.test(address) ? urlHost(address) : '127.0.0.1';
  return `http://${host}:${typeof port === 'number' ? port : fixedPorts.kubeletHealth}/healthz`;
}

/** Certificates for clients and for serving come from the cluster's signer and are renewed; nobody unknown is let in. */
const accessFields = {
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: kubePki.ca },
  },
  authorization: { mode: 'Webhook' },
  rotateCertificates: true,
  serverTLSBootstrap: true,
  readOnlyPort: 0,
  healthzBindAddress: '127.0.0.1',
  healthzPort: fixedPorts.kubeletHealth,
};

function hostFields(inventory: Inventory, facts: Facts): Readonly<Record<string, unknown>> {
  return {
    cgroupDriver: cgroupDriver(inventory.cluster.runtime, facts),
    // In a container the swap seen is the machine's: it cannot be switched off from inside.
    failSwapOn: !facts.container,
    resolvConf: facts.resolver.file,
    // The default lies below /usr, which k8sup leaves alone.
    volumePluginDir: `${inventory.cluster.kubelet.rootDir}/volume-plugins`,
  };
}

function podFields(inventory: Inventory): Readonly<Record<string, unknown>> {
  const { network, runtime, kubelet } = inventory.cluster;
  return {
    // Without one, pods get the servers of the host.
    clusterDNS: network.podsReachServices ? [network.needs.clusterDNS ?? network.dnsIP] : [],
    clusterDomain: network.dnsDomain,
    maxPods: kubelet.maxPods,
    containerLogMaxSize: runtime.logMaxSize,
    containerLogMaxFiles: Math.max(2, runtime.logMaxFiles),
    // One pod must not use up the node's process ids; 4096 is far above what ordinary workloads run.
    podPidsLimit: 4096,
    // The kubelet's own defaults, all of them: what is given here replaces them as a whole.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '10%',
      'nodefs.inodesFree': '5%',
      'imagefs.available': '15%',
      'imagefs.inodesFree': '5%',
    },
  };
}

function releaseFields(inventory: Inventory, host: Host, facts: Facts): Readonly<Record<string, unknown>> {
  const { kubernetes } = inventory.cluster.versions;
  const { endpoint } = runtimeEndpoint(inventory);
  const taints = roleTaints(host, kubernetes);
  return {
    ...(endpoint !== undefined && releaseHas(kubernetes, 'runtimeEndpointField')
      ? { containerRuntimeEndpoint: endpoint }
      : {}),
    ...(releaseHas(kubernetes, 'seccompDefault') ? { seccompDefault: true } : {}),
    ...(facts.cgroupVersion === 1 && releaseHas(kubernetes, 'failCgroupV1Field') ? { failCgroupV1: false } : {}),
    ...(taints.length > 0 && releaseHas(kubernetes, 'registerWithTaintsField') ? { registerWithTaints: taints } : {}),
  };
}
