import type { Facts } from '../../host/facts/model.ts';
import { roleTaints } from '../../inventory/control-plane.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import type { Component } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs, kubeFiles, kubePki, paths } from '../paths.ts';
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
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes node agent',
      after: runtimeEndpoint(inventory).units,
      mounts: [rootDir],
      command: commandLine(binaries.kubelet, kubeletFlags(inventory, host)),
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
    health: httpHealth({ url: config.healthUrl }),
    healthTimeoutSeconds: 120,
  };
}

function kubeletFlags(inventory: Inventory, host: Host): Flags {
  const { kubernetes } = inventory.cluster.versions;
  const { rootDir } = inventory.cluster.kubelet;
  const taints = roleTaints(host, kubernetes);
  const flags = {
    config: kubeFiles.kubelet,
    'bootstrap-kubeconfig': kubeconfigs.bootstrap,
    kubeconfig: kubeconfigs.kubelet,
    'root-dir': rootDir,
    'cert-dir': `${rootDir}/pki`,
    'hostname-override': host.name,
    'node-ip': host.addresses.join(','),
    ...runtimeFlags(inventory),
    ...(taints.length > 0 && !releaseHas(kubernetes, 'registerWithTaintsField')
      ? { 'register-with-taints': taints.map(({ key, effect }) => `${key}=:${effect}`).join(',') }
      : {}),
  };
  return withExtraArgs(flags, host, 'kubelet');
}

function runtimeFlags(inventory: Inventory): Flags {
  const { kubernetes } = inventory.cluster.versions;
  const { endpoint } = runtimeEndpoint(inventory);
  const sandbox = releaseHas(kubernetes, 'podInfraImageFlag')
    ? { 'pod-infra-container-image': inventory.cluster.runtime.sandboxImage }
    : {};
  if (endpoint === undefined) {
    return { 'network-plugin': 'cni', 'cni-conf-dir': paths.cniConf, 'cni-bin-dir': paths.cniBin, ...sandbox };
  }
  return {
    ...(releaseHas(kubernetes, 'containerRuntimeFlag') ? { 'container-runtime': 'remote' } : {}),
    ...(releaseHas(kubernetes, 'runtimeEndpointField') ? {} : { 'container-runtime-endpoint': endpoint }),
    ...sandbox,
  };
}
