import type { Facts } from '../../host/facts/model.ts';
import { roleTaints } from '../../inventory/control-plane.ts';
import { hasIPv6 } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { urlHost } from '../../inventory/urls.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import type { ComponentFile } from '../component.ts';
import { yamlText } from '../documents.ts';
import { withExtraConfig } from '../extras.ts';
import type { SourcedConfig } from '../extras.ts';
import { chosen, forRelease, keyed, ofHost } from '../source.ts';
import type { Tree } from '../source.ts';
import { kubeFiles, kubePki } from '../paths.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { runtimeEndpoint } from '../runtime-endpoint.ts';
import { fixedPorts } from '../../inventory/ports.ts';

/** KubeletConfiguration, and where the kubelet then answers for its health. */
export function kubeletConfig(
  inventory: Inventory,
  host: Host,
  facts: Facts,
): { readonly file: ComponentFile; readonly healthUrl: string; readonly fields: SourcedConfig['fields'] } {
  const defaults = {
    apiVersion: chosen('kubelet.config.k8s.io/v1beta1', 'the version that each release reads'),
    kind: chosen('KubeletConfiguration', 'what the file is'),
    ...accessFields,
    ...(hasIPv6(inventory.cluster.network) ? { address: keyed('::', 'cluster.network.podCIDR') } : {}),
    ...hostFields(inventory, facts),
    ...podFields(inventory),
    ...releaseFields(inventory, host, facts),
  };
  const { config, fields } = withExtraConfig(defaults, host, 'kubelet');
  return {
    file: { path: kubeFiles.kubelet, mode: 0o644, content: yamlText(config) },
    healthUrl: healthUrl(config['healthzBindAddress'], config['healthzPort']),
    fields,
  };
}

/** The user's own address and port, if they are what they should be; the kubelet itself refuses the rest. */
function healthUrl(address: unknown, port: unknown): string {
  const host = typeof address === 'string' && !/^(0\.0\.0\.0|::)?$/.test(address) ? urlHost(address) : '127.0.0.1';
  return `http://${host}:${typeof port === 'number' ? port : fixedPorts.kubeletHealth}/healthz`;
}

const known = 'nobody unknown is let in, and the apiserver says who may do what';
const renewed = "certificates for clients and for serving come from the cluster's signer, and are renewed";
const accessFields = {
  authentication: chosen(
    {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: kubePki.ca },
    },
    known,
  ),
  authorization: chosen({ mode: 'Webhook' }, known),
  rotateCertificates: chosen(true, renewed),
  serverTLSBootstrap: chosen(true, renewed),
  readOnlyPort: chosen(0, known),
  healthzBindAddress: chosen('127.0.0.1', 'health is for the host itself alone'),
  healthzPort: chosen(fixedPorts.kubeletHealth, 'the port of the component in all of Kubernetes'),
};

function hostFields(inventory: Inventory, facts: Facts): Tree {
  return {
    cgroupDriver: cgroupDriver(inventory.cluster.runtime, facts),
    failSwapOn: facts.container
      ? ofHost(false, "in a container the swap seen is the machine's: it cannot be switched off from inside")
      : chosen(true, 'with swap on, memory limits of pods mean little; k8sup switches it off'),
    resolvConf: ofHost(facts.resolver.file, 'where this host has its name servers'),
    volumePluginDir: chosen(
      `${inventory.cluster.kubelet.rootDir}/volume-plugins`,
      'the default lies below /usr, which k8sup leaves alone',
    ),
  };
}

function podFields(inventory: Inventory): Tree {
  const { network, runtime, kubelet } = inventory.cluster;
  return {
    // Without one, pods get the servers of the host.
    clusterDNS: network.podsReachServices
      ? network.needs.clusterDNS === undefined
        ? keyed([network.dnsIP], 'cluster.network.dnsIP')
        : chosen([network.needs.clusterDNS], 'the cache of names on each node, which the network brings')
      : chosen([], 'pods of this network reach no Service, so they get the name servers of the host'),
    clusterDomain: keyed(network.dnsDomain, 'cluster.network.dnsDomain'),
    maxPods: keyed(kubelet.maxPods, 'cluster.kubelet.maxPods'),
    containerLogMaxSize: keyed(runtime.logMaxSize, 'cluster.runtime.logMaxSize'),
    containerLogMaxFiles: keyed(Math.max(2, runtime.logMaxFiles), 'cluster.runtime.logMaxFiles'),
    podPidsLimit: chosen(
      4096,
      "one pod must not use up the node's process ids; 4096 is far above what ordinary workloads run",
    ),
    evictionHard: chosen(
      {
        'memory.available': '100Mi',
        'nodefs.available': '10%',
        'nodefs.inodesFree': '5%',
        'imagefs.available': '15%',
        'imagefs.inodesFree': '5%',
      },
      "the kubelet's own defaults, all of them: what is given here replaces them as a whole",
    ),
  };
}

function releaseFields(inventory: Inventory, host: Host, facts: Facts): Tree {
  const { kubernetes } = inventory.cluster.versions;
  const { endpoint } = runtimeEndpoint(inventory);
  const taints = roleTaints(host, kubernetes);
  return {
    ...(endpoint !== undefined && releaseHas(kubernetes, 'runtimeEndpointField')
      ? {
          containerRuntimeEndpoint: forRelease(
            endpoint,
            'the socket of the runtime; a field from 1.27, before that a flag',
          ),
        }
      : {}),
    ...(releaseHas(kubernetes, 'seccompDefault')
      ? { seccompDefault: forRelease(true, 'pods run with the seccomp profile of the runtime; stable from 1.27') }
      : {}),
    ...(facts.cgroupVersion === 1 && releaseHas(kubernetes, 'failCgroupV1Field')
      ? { failCgroupV1: forRelease(false, 'this host has cgroup v1, which is refused by default from 1.35') }
      : {}),
    ...(taints.length > 0 && releaseHas(kubernetes, 'registerWithTaintsField')
      ? { registerWithTaints: keyed(taints, 'hosts[].roles') }
      : {}),
  };
}
