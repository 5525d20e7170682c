import * as z from 'zod';

import { suggest } from '../../inventory/suggest.ts';
import { pkiError, type PkiErrorCode } from '../pki-error.ts';
import { parseDuration } from './duration.ts';
import { type JsonPlaces, jsonPlaces, syntaxFault } from './places.ts';

/** Text of a JSON file, with the name that errors call it by. */
export interface JsonSource {
  readonly name: string;
  readonly text: string;
}

/** A lifetime in Go's form, turned into milliseconds. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is no duration above zero, such as "8760h" or "1h30m"` });
  return z.NEVER;
});

/** A key of CFSSL's that is refused for this reason, whatever its value; its zero values say nothing, so they may stand. */
export function refused(reason: string) {
  const isZero = (value: unknown): boolean =>
    [undefined, '', 0, false].some((zero) => zero === value) ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return z.custom<undefined>(isZero, { error: () => `not supported: ${reason}` }).optional();
}

/**
 * Reads JSON by a schema; as in Go, null counts as absent.
 *
 * @param known - names of keys, of which the nearest is suggested for an unknown one.
 * @throws K8supError with the given code, naming every field that is wrong with its place in the file.
 */
export function readJson<T extends z.ZodType>(
  source: JsonSource,
  schema: T,
  about: { readonly code: PkiErrorCode; readonly known: readonly string[] },
): z.output<T> {
  const fail = (faults: readonly string[], cause?: unknown): Error =>
    pkiError(about.code, `${source.name} is not as CFSSL's format, or asks for what k8sup does not support`, {
      why: faults.join('\n'),
      fix: 'correct the fields named above; pki/README.md lists what is supported',
      ...(cause === undefined ? {} : { cause }),
    });
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch (error) {
    throw fail([syntaxFault(source, error)], error);
  }
  // Finding places takes longer than all else, and a good file needs none.
  if (keysWritten(source.text) !== keysIn(value)) throw fail(jsonPlaces(source).twice);
  const result = schema.safeParse(withoutNull(value));
  if (result.success) return result.data;
  const places = jsonPlaces(source);
  throw fail(result.error.issues.flatMap((issue) => faultsOf(issue, places, about.known)));
}

/** In a text that is JSON, a string before a colon is a key, and nothing else is. */
function keysWritten(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"(?=(\s*:)?)/g)].filter(([, colon]) => colon !== undefined).length;
}

/** Fewer than are written where one is there twice. */
function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, one) => sum + keysIn(one), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}

function faultsOf(issue: z.core.$ZodIssue, places: JsonPlaces, known: readonly string[]): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [`${places.at(issue.path)}${issue.message}`];
  return issue.keys.map((key) => {
    const near = suggest(key, known);
    const hint = near === undefined ? '' : `; "${near}" is known`;
    return `${places.at([...issue.path, key])}CFSSL has no such key here${hint}`;
  });
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNull(item)]));
}
