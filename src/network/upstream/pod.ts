import type { ObjectEdit } from './edit.ts';
import type { Locate } from './fields.ts';
import { addAt, placeOf, putAt, removeAt, setAt } from './fields.ts';
import type { Path, Target } from './place.ts';
import { describe, objectWith, requirePath, upstreamChanged, valueAt } from './place.ts';

/** An item of a list that is told by its name. */
export interface Named {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** An item of `volumeMounts`. */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly [field: string]: unknown;
}

/** Another value for a field of the pod, such as `['hostNetwork']`. */
export function setPodField(path: Path, value: unknown): ObjectEdit {
  return setAt(inPod(path), value);
}

export function addPodField(path: Path, value: unknown): ObjectEdit {
  return addAt(inPod(path), value);
}

export function removePodField(path: Path): ObjectEdit {
  return removeAt(inPod(path));
}

/** Another value for a field of a container or init container, such as `['livenessProbe', 'exec', 'command']`. */
export function setContainerField(container: string, path: Path, value: unknown): ObjectEdit {
  return setAt(inContainer(container, path), value);
}

export function addContainerField(container: string, path: Path, value: unknown): ObjectEdit {
  return addAt(inContainer(container, path), value);
}

export function removeContainerField(container: string, path: Path): ObjectEdit {
  return removeAt(inContainer(container, path));
}

export function setImage(container: string, image: string): ObjectEdit {
  return setContainerField(container, ['image'], image);
}

/** Requests and limits, whether upstream has some or not. */
export function setResources(container: string, resources: Readonly<Record<string, unknown>>): ObjectEdit {
  return putAt(inContainer(container, ['resources']), resources);
}

/** Adds a container at the end of those that run together. */
export function addContainer(container: Named): ObjectEdit {
  return addAt(inPod(['containers', { name: container.name }]), container);
}

/** Adds an init container that runs after the others; there must be one already. */
export function addInitContainer(container: Named): ObjectEdit {
  return addAt(inPod(['initContainers', { name: container.name }]), container);
}

/** Takes a container out, one that runs or one that runs first. */
export function removeContainer(container: string): ObjectEdit {
  return removeAt(inContainer(container, []));
}

/** The same for one that must be an init container. */
export function removeInitContainer(container: string): ObjectEdit {
  return removeAt(inPod(['initContainers', { name: container }]));
}

export function addVolume(volume: Named): ObjectEdit {
  return addAt(inPod(['volumes', { name: volume.name }]), volume);
}

export function removeVolume(name: string): ObjectEdit {
  return removeAt(inPod(['volumes', { name }]));
}

/** A mount is told by where it is mounted: one volume may be mounted twice. */
export function addMount(container: string, mount: VolumeMount): ObjectEdit {
  return addAt(inContainer(container, ['volumeMounts', { mountPath: mount.mountPath }]), mount);
}

export function removeMount(container: string, mountPath: string): ObjectEdit {
  return removeAt(inContainer(container, ['volumeMounts', { mountPath }]));
}

/** Adds a toleration, unless one like it is there. */
export function addToleration(toleration: Readonly<Record<string, string | number>>): ObjectEdit {
  return (target) => {
    const path = inPod(['tolerations'])(target);
    requirePath(target, path.slice(0, -1));
    const there = (valueAt(target.object, path) ?? []) as readonly unknown[];
    const same = (other: unknown): boolean => sorted(other) === sorted(toleration);
    const next = there.some(same) ? there : [...there, toleration];
    return { object: objectWith(target.object, path, next), place: [...placeOf(path), sorted(toleration)] };
  };
}

/** How many pods a Deployment or StatefulSet has, whether upstream says it or not. */
export function setReplicas(replicas: number): ObjectEdit {
  return (target) => {
    if (!['Deployment', 'StatefulSet', 'ReplicaSet'].includes(target.object.kind))
      throw upstreamChanged(target, 'an object with replicas', `a ${target.object.kind}`);
    return putAt(() => ['spec', 'replicas'], replicas)(target);
  };
}

/** The path of something in the pod that an object makes. */
export function inPod(path: Path): Locate {
  return (target) => [...podPath(target), ...path];
}

/** The path of something in one of the pod's containers; their names are unique, init containers included. */
export function inContainer(name: string, path: Path): Locate {
  return (target) => {
    const pod = podPath(target);
    const lists = ['containers', 'initContainers'].map((list): Path => [...pod, list]);
    const list = lists.find((each) => valueAt(target.object, [...each, { name }]) !== undefined);
    if (list !== undefined) return [...list, { name }, ...path];
    const there = lists.map((each) => describe(valueAt(target.object, each)));
    throw upstreamChanged(target, `a container ${name}`, `${there[0] ?? ''}; init containers: ${there[1] ?? ''}`);
  };
}

function podPath(target: Target): Path {
  const path = podPathOf(target.object.kind);
  if (path !== undefined) return path;
  throw upstreamChanged(target, 'an object that makes pods', `a ${target.object.kind}`);
}

/** Where the pod is described in an object of this kind; undefined for one that makes no pods. */
export function podPathOf(kind: string): Path | undefined {
  if (kind === 'Pod') return ['spec'];
  if (kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  const templated = ['DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'ReplicationController', 'StatefulSet'];
  return templated.includes(kind) ? ['spec', 'template', 'spec'] : undefined;
}

function sorted(value: unknown): string {
  return JSON.stringify(Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
