import { join } from 'node:path';
import { labCache } from '../cache.ts';

/** Tarballs (docker-archive) of the images that a lab's cluster runs. */
export interface LabImages {
  readonly pause: string;
  readonly busybox: string;
  readonly coredns: string;
}

/** Names of the lab's own, so that nobody takes these images for the upstream ones. */
export const imageNames = {
  pause: 'k8sup.lab/pause:1',
  busybox: 'k8sup.lab/busybox:1',
  coredns: (version: string) => `k8sup.lab/coredns:${version}`,
} as const;

/** Where the tarballs are, or will be once they are written. */
export function labImagePaths(corednsVersion: string, cache: string = labCache()): LabImages {
  const at = (name: string) => join(cache, 'images', `${name}.tar`);
  return { pause: at('pause-1'), busybox: at('busybox-1'), coredns: at(`coredns-${corednsVersion}`) };
}
