import type { Inventory } from '../inventory/model.ts';
import { sockets } from './paths.ts';
import { releaseHas } from '../inventory/releases.ts';

/** How the kubelet reaches its runtime. */
export interface RuntimeEndpoint {
  /** Units the kubelet is started behind. */
  readonly units: readonly string[];
  /** CRI socket as a URL; undefined with dockershim, which is part of the kubelet. */
  readonly endpoint: string | undefined;
}

export function runtimeEndpoint(inventory: Inventory): RuntimeEndpoint {
  const { runtime, versions } = inventory.cluster;
  if (runtime.type === 'containerd') {
    return { units: ['containerd.service'], endpoint: `unix://${sockets.containerd}` };
  }
  if (releaseHas(versions.kubernetes, 'dockershim')) return { units: ['docker.service'], endpoint: undefined };
  return { units: ['docker.service', 'cri-dockerd.service'], endpoint: `unix://${sockets.criDockerd}` };
}
