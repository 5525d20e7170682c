import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document as YamlDocument, Pair } from 'yaml';
import { messageOf } from '../errors/k8sup-error.ts';
import type { Document, Position } from './document.ts';
import { valueAt } from './path.ts';
import type { Path } from './path.ts';
import type { Problem } from './problem.ts';

/** The file as plain data, with the places of its values. */
export interface YamlText {
  /** Undefined where the text is not YAML. */
  readonly data: unknown;
  readonly document: PositionedDocument;
  readonly problems: readonly Problem[];
}

export interface PositionedDocument extends Document {
  /** The position of the key itself, or as {@link Document.position} where there is none. */
  keyPosition(path: Path): Position;
}

/** Below these keys values are the user's own: numbers stay numbers and null has a meaning. */
const freeKeys = new Set(['extraConfig', 'variables', 'objects']);
const nullKeys = new Set([...freeKeys, 'extraArgs', 'labels', 'registryMirrors']);

/** Reads YAML 1.2; syntax errors become problems, and a key without a value counts as absent. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let data: unknown;
  const document: PositionedDocument = {
    position: (path) => at(locate(parsed, path).value),
    keyPosition: (path) => at(locate(parsed, path).key),
    has: (path) => valueAt(data, path) !== undefined,
  };
  const problems: Problem[] = [
    ...parsed.errors.map((error) => yamlProblem('error', error, at(error.pos[0]))),
    ...parsed.warnings.map((warning) => yamlProblem('warning', warning, at(warning.pos[0]))),
  ];
  if (parsed.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { data: undefined, document, problems };
  keepAsWritten(parsed);
  try {
    data = withoutEmpty(parsed.toJS({ maxAliasCount: 100 }), false);
    return { data, document, problems };
  } catch (error) {
    problems.push(yamlProblem('error', { code: 'ALIAS', message: messageOf(error) }, at(0)));
    return { data: undefined, document, problems };
  }
}

function yamlProblem(
  severity: Problem['severity'],
  error: { code: string; message: string },
  position: Position,
): Problem {
  if (error.code === 'DUPLICATE_KEY') {
    const message = 'this key is written twice in one place';
    return { severity, code: 'DUPLICATE_KEY', path: '', position, message, fix: 'keep one of them' };
  }
  const hint = error.code === 'TAB_AS_INDENT' ? { fix: 'indent with blanks: YAML knows no tabs' } : {};
  return { severity, code: 'YAML_SYNTAX', path: '', position, message: error.message.trim(), ...hint };
}

/** `0644` and `1.30` would lose digits as numbers; they stay text, so that a flag or a version is what was written. */
function keepAsWritten(parsed: YamlDocument): void {
  visit(parsed, {
    Scalar(_key, node, ancestors) {
      const { source, value } = node;
      if (typeof value !== 'number' || source === undefined) return;
      const free = ancestors.some((ancestor) => isPair(ancestor) && freeKeys.has(keyOf(ancestor)));
      if (/^[-+]?0\d/.test(source) || (!free && String(value) !== source)) node.value = source;
    },
  });
}

/** A section whose lines are all commented out must not be an error. */
function withoutEmpty(value: unknown, keepNull: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item, keepNull));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => keepNull || item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutEmpty(item, keepNull || nullKeys.has(key))]));
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

/** Goes down as far as the file goes; a collection stands where its key does. */
function locate(parsed: YamlDocument, path: Path): Offsets {
  let node: unknown = parsed.contents;
  const start = offsetOf(node) ?? 0;
  let found: Offsets = { key: start, value: start };
  for (const part of path) {
    const container = isAlias(node) ? node.resolve(parsed) : node;
    const next = step(container, part);
    if (next === undefined) break;
    node = next.node;
    const key = next.keyOffset ?? offsetOf(node) ?? found.value;
    found = { key, value: isScalar(node) || isAlias(node) ? (offsetOf(node) ?? key) : key };
  }
  return found;
}

function step(container: unknown, part: string | number): { node: unknown; keyOffset?: number } | undefined {
  if (isSeq(container) && typeof part === 'number') {
    const node = container.items[part];
    return node === undefined ? undefined : { node };
  }
  if (!isMap(container)) return undefined;
  // The last of two equal keys is the one whose value counts.
  const pair = container.items.findLast((item) => keyOf(item) === String(part));
  if (pair === undefined) return undefined;
  const keyOffset = offsetOf(pair.key);
  return { node: pair.value, ...(keyOffset === undefined ? {} : { keyOffset }) };
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isCollection(node) || isAlias(node) ? node.range?.[0] : undefined;
}
