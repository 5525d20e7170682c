import type { Node } from '../../src/pki/der/write.ts';

/** A whole number from 0 up to, without, the limit. */
export type Random = (limit: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: string): Random {
  let state = Buffer.from(seed).reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 1);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** One to four changes: bytes replaced, put in, taken out, doubled, moved, made one more or less, or taken from another. */
export function mutateBytes(original: Buffer, random: Random, other: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const at = random(bytes.length);
    const end = at + 1 + random(12);
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    const from = random(other.length);
    const choices: readonly (() => readonly Buffer[])[] = [
      () => [before, Buffer.of(random(256)), bytes.subarray(at + 1)],
      () => [before, Buffer.of((part[0] ?? 0) ^ (1 << random(8))), bytes.subarray(at + 1)],
      () => [before, Buffer.of(((part[0] ?? 0) + (random(2) === 0 ? 1 : 255)) & 255), bytes.subarray(at + 1)],
      () => [before, Buffer.of(random(256)), bytes.subarray(at)],
      () => [before, after],
      () => [before, part, part, after],
      () => [before, after, part],
      () => [before, other.subarray(from, from + part.length), after],
      () => [before],
    ];
    // Without a rest there is nothing more to change.
    const next = Buffer.concat(choices[random(choices.length)]?.() ?? [bytes]);
    if (next.length > 0) bytes = next;
  }
  return bytes;
}

/** Some characters of a PEM text replaced, put in or taken out. */
export function mutateText(original: string, random: Random): string {
  let text = original;
  const alphabet = ['A', 'b', '0', '9', '+', '/', '=', '-', '\n', '\r', ' ', '\t', '\0', ':', 'é', '☸'];
  for (let left = 1 + random(3); left > 0; left -= 1) {
    const at = random(text.length + 1);
    const letter = alphabet[random(alphabet.length)] ?? 'A';
    const kept = random(3) === 0 ? 0 : 1;
    text = `${text.slice(0, at)}${random(4) === 0 ? '' : letter}${text.slice(at + kept)}`;
  }
  return text;
}

/** One to three parts of a value replaced by others of it, doubled, taken out, turned round or given another tag. */
export function mutateTree(original: Node, random: Random): Node {
  const root = copy(original);
  for (let left = 1 + random(3); left > 0; left -= 1) {
    const nodes = all(root);
    const parents = nodes.filter(({ value }) => typeof value !== 'string' && value.length > 0);
    const parent = parents[random(parents.length)];
    if (parent === undefined || typeof parent.value === 'string') continue;
    const at = random(parent.value.length);
    const child = parent.value[at];
    const stranger = nodes[random(nodes.length)];
    if (child === undefined || stranger === undefined) continue;
    const choices: readonly (() => void)[] = [
      () => (parent.value as Node[]).splice(at, 1),
      () => (parent.value as Node[]).splice(at, 0, copy(child)),
      () => (parent.value as Node[]).splice(at, 1, copy(stranger)),
      () => (parent.value as Node[]).splice(at, 0, copy(stranger)),
      () => (parent.value as Node[]).reverse(),
      () => Object.assign(child, { type: random(31) }),
      () => Object.assign(child, { tagClass: random(4) * 64 }),
      () => void (child.value = typeof child.value === 'string' ? changed(child.value, random) : []),
    ];
    choices[random(choices.length)]?.();
  }
  return root;
}

function changed(text: string, random: Random): string {
  const at = random(text.length + 1);
  return `${text.slice(0, at)}${String.fromCharCode(random(256))}${text.slice(at + random(2))}`;
}

function copy(node: Node): Node {
  return { ...node, value: typeof node.value === 'string' ? node.value : node.value.map(copy) };
}

function all(node: Node): readonly Node[] {
  return [node, ...(typeof node.value === 'string' ? [] : node.value.flatMap(all))];
}
