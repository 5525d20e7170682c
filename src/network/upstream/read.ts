import { LineCounter, parseAllDocuments } from 'yaml';
import type { Tags } from 'yaml';
import type { KubeObject } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { UpstreamFile } from '../../inventory/plugin.ts';
import type { Manifest, Place, PlacedObject } from './manifest.ts';
import { placeText, sourceText, titleOf } from './manifest.ts';
import { groupOf, withNamespaces } from './scope.ts';

/** A document's value and where it begins. */
interface Placed {
  readonly value: unknown;
  readonly place: Place;
}

/**
 * Reads a file of Kubernetes objects as kubectl would: several documents, Lists, and YAML 1.1, where `0400` is octal.
 *
 * @param namespace - of namespaced objects that name none.
 * @throws K8supError `UPSTREAM_UNREADABLE` for what is no YAML, for an object without apiVersion, kind or name, and for one that is there twice.
 */
export function readManifest(text: string, source: UpstreamFile, namespace = 'default'): Manifest {
  const found = documents(text, source).flatMap(unlisted);
  const read = found.map(({ value, place }) => ({ object: asObject(value, place, source), place }));
  const scoped = withNamespaces(
    read.map(({ object }) => object),
    namespace,
  );
  const objects = read.map(({ object, place }, index): PlacedObject => ({ object: scoped[index] ?? object, place }));
  refuseDuplicates(objects, source);
  return { source, objects, edited: [] };
}

function documents(text: string, source: UpstreamFile): readonly Placed[] {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, { version: '1.1', customTags: asKubernetesReads, lineCounter });
  return [...parsed].flatMap((document, index): readonly Placed[] => {
    const [error] = document.errors;
    const place = { document: index + 1, line: lineCounter.linePos(document.contents?.range[0] ?? 0).line };
    if (error !== undefined) throw unreadable(source, 'is no YAML', error.message.trimEnd());
    const value: unknown = document.toJS();
    return value === null ? [] : [{ value, place }];
  });
}

/** What Kubernetes' reader leaves out of YAML 1.1: dates stay texts, and `1:30` is no number. */
function asKubernetesReads(tags: Tags): Tags {
  return tags.filter(
    (tag) => typeof tag === 'string' || (tag.tag !== 'tag:yaml.org,2002:timestamp' && tag.format !== 'TIME'),
  );
}

function unlisted({ value, place }: Placed): readonly Placed[] {
  const { kind, items } = (value ?? {}) as { readonly kind?: unknown; readonly items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ value, place }];
  return items.flatMap((item: unknown) => unlisted({ value: item, place }));
}

function asObject(value: unknown, place: Place, source: UpstreamFile): KubeObject {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<KubeObject>;
  const texts = { apiVersion, kind, 'metadata.name': metadata?.name };
  for (const [field, text] of Object.entries(texts)) {
    if (typeof text === 'string' && text !== '') continue;
    const about = typeof kind === 'string' ? `a ${kind}` : 'an object';
    throw unreadable(source, `holds ${about} without ${field}${placeText(place)}`);
  }
  return value as KubeObject;
}

function refuseDuplicates(objects: readonly PlacedObject[], source: UpstreamFile): void {
  const seen = new Map<string, Place | undefined>();
  for (const { object, place } of objects) {
    const key = `${groupOf(object.apiVersion)} ${titleOf(object)}`;
    if (seen.has(key)) {
      const places = `${placeText(seen.get(key))} and${placeText(place)}`.trim();
      throw unreadable(source, `holds ${titleOf(object)} twice`, places);
    }
    seen.set(key, place);
  }
}

function unreadable(source: UpstreamFile, what: string, why?: string): K8supError {
  return new K8supError({
    code: 'UPSTREAM_UNREADABLE',
    kind: 'artifact',
    what: `${sourceText(source)} ${what}`,
    ...(why === undefined ? {} : { why }),
    fix: `use a version of ${source.component} that k8sup knows, or report this one`,
  });
}
