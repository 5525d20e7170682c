import { familiesOf } from '../../inventory/model.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import type { MakeComponent } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs, kubePki } from '../paths.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'kube-controller-manager.service';

/** The controller-manager of one master, reachable from the host itself only; it also signs the kubelets' certificates. */
export const kubeControllerManager: MakeComponent = (inventory, host) => {
  const inputs = [
    binaries.controllerManager,
    kubeconfigs.controllerManager,
    kubePki.ca,
    kubePki.caKey,
    kubePki.serviceAccountKey,
  ];
  const flags = withExtraArgs(controllerManagerFlags(inventory), host, 'controllerManager');
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes controller manager',
      after: ['kube-apiserver.service'],
      command: commandLine(binaries.controllerManager, flags),
      inputs,
      type: 'simple',
      settings: { LimitNOFILE: 65536, OOMScoreAdjust: -900 },
    }),
    files: [],
    directories: [],
    inputs,
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port'] ?? fixedPorts.controllerManager}/healthz`,
      selfSigned: true,
    }),
    healthTimeoutSeconds: 90,
  };
};

function controllerManagerFlags(inventory: Inventory): Flags {
  const { cluster } = inventory;
  return {
    kubeconfig: kubeconfigs.controllerManager,
    'authentication-kubeconfig': kubeconfigs.controllerManager,
    'authorization-kubeconfig': kubeconfigs.controllerManager,
    'bind-address': '127.0.0.1',
    'secure-port': String(fixedPorts.controllerManager),
    ...(releaseHas(cluster.versions.kubernetes, 'insecurePortFlag') ? { port: '0' } : {}),
    profiling: 'false',
    'leader-elect': 'true',
    'use-service-account-credentials': 'true',
    controllers: '*,bootstrapsigner,tokencleaner',
    'cluster-name': cluster.name,
    'allocate-node-cidrs': 'true',
    'cluster-cidr': cluster.network.podCIDRs.join(','),
    ...maskFlags(cluster.network),
    'service-cluster-ip-range': cluster.network.serviceCIDRs.join(','),
    'root-ca-file': kubePki.ca,
    'service-account-private-key-file': kubePki.serviceAccountKey,
    'cluster-signing-cert-file': kubePki.ca,
    'cluster-signing-key-file': kubePki.caKey,
    'cluster-signing-duration': `${cluster.lifetimes.nodeHours}h0m0s`,
  };
}

/** The controller-manager refuses the one flag with two families, and the others with one. */
function maskFlags(network: NetworkSettings): Flags {
  const { nodeCIDRMaskSize: ipv4, nodeCIDRMaskSizeIPv6: ipv6 } = network;
  const [first, second] = familiesOf(network);
  if (second === undefined) return { 'node-cidr-mask-size': String(first === 'ipv6' ? ipv6 : ipv4) };
  return { 'node-cidr-mask-size-ipv4': String(ipv4), 'node-cidr-mask-size-ipv6': String(ipv6) };
}
