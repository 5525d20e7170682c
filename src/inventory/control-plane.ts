import type { Host, Taint } from './model.ts';
import { releaseHas } from './releases.ts';

const master = 'node-role.kubernetes.io/master';
const controlPlane = 'node-role.kubernetes.io/control-plane';

/** Labels of a master's node, as kubeadm of that release sets them. */
export function controlPlaneLabels(kubernetes: string): Readonly<Record<string, string>> {
  return { [controlPlane]: '', ...(releaseHas(kubernetes, 'masterMark') ? { [master]: '' } : {}) };
}

/** The taint that keeps workloads off masters that are no nodes, as the add-ons of that release tolerate it. */
export function controlPlaneTaint(kubernetes: string): Taint {
  return { key: releaseHas(kubernetes, 'masterMark') ? master : controlPlane, effect: 'NoSchedule' };
}

/** Taints of k8sup's own on a host's node: a master that is no node runs only what tolerates the control plane. */
export function roleTaints(host: Host, kubernetes: string): readonly Taint[] {
  return host.roles.has('node') ? [] : [controlPlaneTaint(kubernetes)];
}
