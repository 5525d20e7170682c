import type { KubeObject } from '../../engine/stage.ts';
import type { UpstreamFile } from '../../inventory/plugin.ts';

/** Where an object stands in its file; both count from 1. For a chart it is the rendered text that is counted. */
export interface Place {
  readonly document: number;
  readonly line: number;
}

export interface PlacedObject {
  readonly object: KubeObject;
  /** Undefined for an object that was added to upstream's. */
  readonly place?: Place;
}

/** Upstream's objects, and which places in them were edited already. */
export interface Manifest {
  /** Where they were read from, for messages. */
  readonly source: UpstreamFile;
  readonly objects: readonly PlacedObject[];
  /** Each as the object's title and the steps to what was edited in it. */
  readonly edited: readonly (readonly string[])[];
}

/** The objects alone, as a cluster step takes them. */
export function objectsOf(manifest: Manifest): readonly KubeObject[] {
  return manifest.objects.map(({ object }) => object);
}

/** `Kind namespace/name`, or `Kind name` for what has no namespace. */
export function titleOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** `calico.yaml of calico 3.32.1`. */
export function sourceText({ component, version, file }: UpstreamFile): string {
  return `${file} of ${component} ${version}`;
}

export function placeText(place: Place | undefined): string {
  return place === undefined ? '' : ` (document ${String(place.document)}, line ${String(place.line)})`;
}
