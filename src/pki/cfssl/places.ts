import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

import { messageOf } from '../../errors/k8sup-error.ts';
import type { JsonSource } from './source.ts';

type Path = readonly PropertyKey[];

/** Where the values of a JSON file are. */
export interface JsonPlaces {
  /** `file:line:column: path: `, to stand before a message; of the nearest thing around where there is no such value. */
  at(path: Path): string;
  /** A fault for each key that is there twice: JSON readers take one of them silently. */
  readonly twice: readonly string[];
}

/** Places of the values in a text that JSON.parse accepts; every JSON text is YAML, whose reader keeps places. */
export function jsonPlaces({ name, text }: JsonSource): JsonPlaces {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${line}:${col}: `;
  };
  const offsetOf = (path: Path): number => {
    const last = path.at(-1);
    if (last === undefined) return isNode(document.contents) ? document.contents.range[0] : 0;
    const holder: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const key = isMap(holder)
      ? holder.items.map((pair) => pair.key).find((node) => isScalar(node) && node.value === last)
      : undefined;
    const node: unknown = key ?? document.getIn(path, true);
    return isNode(node) && node.range ? node.range[0] : offsetOf(path.slice(0, -1));
  };
  return {
    at: (path) => `${place(offsetOf(path))}${path.length === 0 ? '' : `${written(path)}: `}`,
    twice: document.errors
      .filter((error) => error.code === 'DUPLICATE_KEY')
      .map((error) => `${place(error.pos[0])}this key is there twice in one place`),
  };
}

/** What JSON.parse threw, with its place. */
export function syntaxFault({ name, text }: JsonSource, error: unknown): string {
  const message = messageOf(error);
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, position).split('\n');
  return `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}: no JSON: ${message}`;
}

function written(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
