import type { Source, Sourced } from '../resources/define.ts';

/** k8sup's own choice; `why` begins in lower case and has no full stop. */
export function chosen<T>(value: T, why: string): Sourced<T> {
  return { value, source: { from: 'k8sup', why } };
}

/** What a key of the inventory says, or its default: for example `cluster.apiserver.port`, or `hosts[].address` of the host's own entry. */
export function keyed<T>(value: T, key: string): Sourced<T> {
  return { value, source: { from: 'inventory', key } };
}

/** What this release of the program needs, and others do not. */
export function forRelease<T>(value: T, why: string): Sourced<T> {
  return { value, source: { from: 'release', why } };
}

/** What follows from what the host is. */
export function ofHost<T>(value: T, why: string): Sourced<T> {
  return { value, source: { from: 'host', why } };
}

export type Tree = Readonly<Record<string, unknown>>;

/** The values of a tree in which some stand with their source. */
export function valuesOf(tree: Tree): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, valueOf(item)]));
}

/**
 * Every value of a tree by its place, with the source that stands nearest above it.
 *
 * @param over - laid over the tree by {@link mergeObjects}; `extras` says where what it holds comes from.
 * @throws Error for a value without a source, which is a defect.
 */
export function fieldsOf(
  tree: Tree,
  over: Tree,
  extras: (path: readonly string[]) => Source,
): Readonly<Record<string, Sourced<unknown>>> {
  const own = leaves(tree, [], undefined).filter(({ path }) => !replaced(over, path));
  const others = leaves(over, [], { from: 'k8sup', why: '' }).filter(({ value }) => value !== null);
  const all = [...own, ...others.map((leaf) => ({ ...leaf, source: extras(leaf.path) }))];
  return Object.fromEntries(all.map(({ path, value, source }) => [path.join('.'), { value, source }]));
}

interface Leaf extends Sourced<unknown> {
  readonly path: readonly string[];
}

function leaves(node: unknown, path: readonly string[], above: Source | undefined): readonly Leaf[] {
  if (isSourced(node)) return leaves(node.value, path, node.source);
  if (isTree(node) && (Object.keys(node).length > 0 || path.length === 0)) {
    return Object.entries(node).flatMap(([name, item]) => leaves(item, [...path, name], above));
  }
  if (above === undefined) throw new Error(`${path.join('.')} has no source`);
  return [{ path, value: node, source: above }];
}

/** Whether what is laid over the tree takes the place of a value, or of something above it. */
function replaced(over: Tree, path: readonly string[]): boolean {
  let node: unknown = over;
  for (const part of path) {
    if (!isTree(node)) return node !== undefined;
    node = node[part];
  }
  return node !== undefined;
}

function valueOf(item: unknown): unknown {
  if (isSourced(item)) return valueOf(item.value);
  return isTree(item) ? valuesOf(item) : item;
}

function isSourced(value: unknown): value is Sourced<unknown> {
  return isTree(value) && 'value' in value && isTree(value['source']) && 'from' in value['source'];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
