import type { Facts } from '../../host/facts/model.ts';
import { roleTaints } from '../../inventory/control-plane.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import type { Component } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs, kubeFiles, kubePki, paths } from '../paths.ts';
import { chosen, forRelease, keyed } from '../source.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { runtimeEndpoint } from '../runtime-endpoint.ts';
import { serviceText } from '../service.ts';
import { kubeletConfig } from './kubelet-config.ts';

const unit = 'kubelet.service';

/** What the kubelet leaves on a host by running. */
export function kubeletClaims(inventory: Inventory): readonly Claim[] {
  const own = ['/var/lib/dockershim', '/run/dockershim.sock', '/var/log/pods', '/var/log/containers'];
  return [
    // Started by the joining, which is no resource that would record it.
    { kind: 'unit', name: unit },
    { kind: 'tree', name: inventory.cluster.kubelet.rootDir },
    { kind: 'chains', name: 'KUBE-' },
    ...[...own, kubeconfigs.kubelet].map((name): Claim => ({ kind: 'path', name })),
  ];
}

/**
 * The kubelet of a node, or of a master that is none and then carries the control-plane taint. Its kubeconfig is its own work and no
 * input; the bootstrap kubeconfig may be absent once it has one. Its health endpoint answers only after the first certificate is issued.
 */
export function kubelet(inventory: Inventory, host: Host, facts: Facts): Component {
  const config = kubeletConfig(inventory, host, facts);
  const inputs = [binaries.kubelet, kubeFiles.kubelet, kubePki.ca];
  const { rootDir } = inventory.cluster.kubelet;
  const flags = kubeletFlags(inventory, host);
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes node agent',
      after: runtimeEndpoint(inventory).units,
      mounts: [rootDir],
      command: commandLine(binaries.kubelet, flags),
      inputs,
      // With `notify` a first start would last until the node's certificate request is approved.
      type: 'simple',
      settings: {
        KillMode: 'process',
        CPUAccounting: true,
        MemoryAccounting: true,
        LimitNOFILE: 1048576,
        OOMScoreAdjust: -999,
      },
    }),
    files: [config.file],
    directories: [{ path: rootDir, mode: 0o700 }],
    inputs,
    interrupts: 'pods keep running; probes, new pods, kubectl logs and exec on these hosts wait for some seconds',
    explanation: { flags, files: [{ path: config.file.path, fields: config.fields }] },
    health: httpHealth({ url: config.healthUrl }),
    healthTimeoutSeconds: 120,
  };
}

function kubeletFlags(inventory: Inventory, host: Host): Flags {
  const { kubernetes } = inventory.cluster.versions;
  const { rootDir } = inventory.cluster.kubelet;
  const taints = roleTaints(host, kubernetes);
  const flags = {
    config: chosen(kubeFiles.kubelet, 'where k8sup writes its configuration'),
    'bootstrap-kubeconfig': chosen(kubeconfigs.bootstrap, 'there only until the kubelet has an identity of its own'),
    kubeconfig: chosen(kubeconfigs.kubelet, 'the kubelet writes it itself when its first certificate is issued'),
    'root-dir': keyed(rootDir, 'cluster.kubelet.rootDir'),
    'cert-dir': keyed(`${rootDir}/pki`, 'cluster.kubelet.rootDir'),
    'hostname-override': keyed(host.name, 'hosts[].name'),
    'node-ip': keyed(host.addresses.join(','), 'hosts[].address'),
    ...runtimeFlags(inventory),
    ...(taints.length > 0 && !releaseHas(kubernetes, 'registerWithTaintsField')
      ? {
          'register-with-taints': keyed(
            taints.map(({ key, effect }) => `${key}=:${effect}`).join(','),
            'hosts[].roles',
          ),
        }
      : {}),
  };
  return withExtraArgs(flags, host, 'kubelet');
}

function runtimeFlags(inventory: Inventory): Flags {
  const { kubernetes } = inventory.cluster.versions;
  const { endpoint } = runtimeEndpoint(inventory);
  const sandbox = releaseHas(kubernetes, 'podInfraImageFlag')
    ? { 'pod-infra-container-image': keyed(inventory.cluster.runtime.sandboxImage, 'cluster.runtime.sandboxImage') }
    : {};
  if (endpoint === undefined) {
    const why = 'up to 1.23 the kubelet drives Docker, and calls CNI, itself';
    return {
      'network-plugin': forRelease('cni', why),
      'cni-conf-dir': forRelease(paths.cniConf, why),
      'cni-bin-dir': forRelease(paths.cniBin, why),
      ...sandbox,
    };
  }
  return {
    ...(releaseHas(kubernetes, 'containerRuntimeFlag')
      ? { 'container-runtime': forRelease('remote', 'up to 1.23 a runtime of its own has to be asked for') }
      : {}),
    ...(releaseHas(kubernetes, 'runtimeEndpointField')
      ? {}
      : { 'container-runtime-endpoint': forRelease(endpoint, 'the socket of the runtime; a flag up to 1.26') }),
    ...sandbox,
  };
}
