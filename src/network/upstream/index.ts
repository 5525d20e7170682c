export { addData, addJson, addSecretData, editJson, removeData, removeJson, setData, setJson } from './data.ts';
export { addObjects, edit, inObject, removeObject } from './edit.ts';
export type { ManifestEdit, ObjectEdit, ObjectRef, Optional } from './edit.ts';
export { addArg, addEnv, removeArg, removeEnv, setArg, setEnv } from './environment.ts';
export type { EnvValue } from './environment.ts';
export { addField, removeField, setField } from './fields.ts';
export { upstreamChart, upstreamManifest } from './files.ts';
export type { Chart, UpstreamContext } from './files.ts';
export { fullImageName, imagesOf, rewriteImages } from './images.ts';
export type { ImageMirrors } from './images.ts';
export { placeholder } from './json-template.ts';
export { objectsOf } from './manifest.ts';
export type { Manifest, Place, PlacedObject } from './manifest.ts';
export type { Path, PathStep } from './place.ts';
export {
  addContainer,
  addContainerField,
  addInitContainer,
  addMount,
  addPodField,
  addToleration,
  addVolume,
  removeContainer,
  removeContainerField,
  removeInitContainer,
  removeMount,
  removePodField,
  removeVolume,
  setContainerField,
  setImage,
  setPodField,
  setReplicas,
  setResources,
} from './pod.ts';
export type { Named, VolumeMount } from './pod.ts';
export { readManifest } from './read.ts';
