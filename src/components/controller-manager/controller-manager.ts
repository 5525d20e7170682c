import { familiesOf } from '../../inventory/model.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import type { MakeComponent } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs, kubePki } from '../paths.ts';
import { chosen, forRelease, keyed } from '../source.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'kube-controller-manager.service';
const identity = 'where k8sup puts its identity towards the apiserver beside it';
const signing = "it signs the kubelets' certificates";

/** The controller-manager of one master, reachable from the host itself only; it also signs the kubelets' certificates. */
export const kubeControllerManager: MakeComponent = (inventory, host) => {
  const inputs = [
    binaries.controllerManager,
    kubeconfigs.controllerManager,
    kubePki.serverCa,
    kubePki.signer,
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
    interrupts:
      'nothing in the cluster is reconciled for some seconds until a controller-manager leads again; running pods are not touched',
    explanation: { flags, files: [] },
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port']?.value ?? fixedPorts.controllerManager}/healthz`,
      selfSigned: true,
    }),
    healthTimeoutSeconds: 90,
  };
};

function controllerManagerFlags(inventory: Inventory): Flags {
  const { cluster } = inventory;
  return {
    kubeconfig: chosen(kubeconfigs.controllerManager, identity),
    'authentication-kubeconfig': chosen(kubeconfigs.controllerManager, identity),
    'authorization-kubeconfig': chosen(kubeconfigs.controllerManager, identity),
    'bind-address': chosen('127.0.0.1', 'metrics and health are for the host itself alone'),
    'secure-port': chosen(String(fixedPorts.controllerManager), 'the port of the component in all of Kubernetes'),
    ...(releaseHas(cluster.versions.kubernetes, 'insecurePortFlag')
      ? { port: forRelease('0', 'up to 1.23 it would serve plain HTTP on all addresses') }
      : {}),
    profiling: chosen('false', 'profiles of a production process are for nobody, and the CIS benchmark says so'),
    'leader-elect': chosen('true', 'of several masters one works at a time'),
    'use-service-account-credentials': chosen('true', 'each controller has the rights that it needs alone'),
    controllers: chosen('*,bootstrapsigner,tokencleaner', 'bootstrap tokens that have expired are taken away'),
    'cluster-name': keyed(cluster.name, 'cluster.name'),
    'allocate-node-cidrs': chosen('true', 'each node gets its own block of the pod CIDR'),
    'cluster-cidr': keyed(cluster.network.podCIDRs.join(','), 'cluster.network.podCIDR'),
    ...maskFlags(cluster.network),
    'service-cluster-ip-range': keyed(cluster.network.serviceCIDRs.join(','), 'cluster.network.serviceCIDR'),
    'root-ca-file': chosen(kubePki.serverCa, 'pods know the apiserver by it'),
    'service-account-private-key-file': chosen(kubePki.serviceAccountKey, 'the same pair as that of the apiserver'),
    'cluster-signing-cert-file': chosen(kubePki.signer, signing),
    'cluster-signing-key-file': chosen(kubePki.caKey, signing),
    'cluster-signing-duration': keyed(`${cluster.lifetimes.nodeHours}h0m0s`, 'cluster.certificates.nodeLifetime'),
  };
}

/** The controller-manager refuses the one flag with two families, and the others with one. */
function maskFlags(network: NetworkSettings): Flags {
  const { nodeCIDRMaskSize: ipv4, nodeCIDRMaskSizeIPv6: ipv6 } = network;
  const [first, second] = familiesOf(network);
  if (second === undefined)
    return first === 'ipv6'
      ? { 'node-cidr-mask-size': keyed(String(ipv6), 'cluster.network.nodeCIDRMaskSizeIPv6') }
      : { 'node-cidr-mask-size': keyed(String(ipv4), 'cluster.network.nodeCIDRMaskSize') };
  return {
    'node-cidr-mask-size-ipv4': keyed(String(ipv4), 'cluster.network.nodeCIDRMaskSize'),
    'node-cidr-mask-size-ipv6': keyed(String(ipv6), 'cluster.network.nodeCIDRMaskSizeIPv6'),
  };
}
