import { imageRegistry } from '../../components/registry-credentials.ts';
import type { KubeObject } from '../../engine/stage.ts';
import { objectWith, valueAt } from './place.ts';
import { podPathOf } from './pod.ts';

/** Replacements by registry, or by registry and the beginning of a path: `quay.io` or `quay.io/calico` to `registry.example.org/mirror`. */
export type ImageMirrors = Readonly<Record<string, string>>;

interface Container {
  readonly image?: string;
}

/** The full name of every image that the objects' pods run, once each, in the order in which they come; images named in settings are not seen. */
export function imagesOf(objects: readonly KubeObject[]): readonly string[] {
  const images = objects.flatMap((object) =>
    containerLists(object).flatMap(({ containers }) =>
      containers.flatMap(({ image }) => (image === undefined ? [] : [fullImageName(image)])),
    ),
  );
  return [...new Set(images)];
}

/** The same objects with their images taken from mirrors; the longest replacement that fits is taken. */
export function rewriteImages(objects: readonly KubeObject[], mirrors: ImageMirrors): readonly KubeObject[] {
  return objects.map((object) =>
    containerLists(object).reduce((before, { path, containers }) => {
      const mirrored = containers.map((container) =>
        container.image === undefined ? container : { ...container, image: mirroredImage(container.image, mirrors) },
      );
      return objectWith(before, path, mirrored);
    }, object),
  );
}

/** With registry, path and tag, as runtimes name it: `docker.io/library/busybox:latest` of `busybox`. */
export function fullImageName(image: string): string {
  const registry = imageRegistry(image);
  const path = image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
  const full = `${registry}/${registry === 'docker.io' && !path.includes('/') ? 'library/' : ''}${path}`;
  return /@|:[^/]*$/.test(path) ? full : `${full}:latest`;
}

function mirroredImage(image: string, mirrors: ImageMirrors): string {
  const full = fullImageName(image);
  const fitting = Object.keys(mirrors).filter((prefix) => full.startsWith(`${prefix}/`));
  const [prefix] = fitting.sort((a, b) => b.length - a.length);
  return prefix === undefined ? image : `${mirrors[prefix] ?? ''}${full.slice(prefix.length)}`;
}

function containerLists(object: KubeObject) {
  const pod = podPathOf(object.kind);
  if (pod === undefined) return [];
  return ['initContainers', 'containers'].flatMap((list) => {
    const path = [...pod, list];
    const containers = valueAt(object, path);
    return Array.isArray(containers) ? [{ path, containers: containers as readonly Container[] }] : [];
  });
}
