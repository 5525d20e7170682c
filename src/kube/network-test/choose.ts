/** Two nodes by name; the same one twice for what a node does with itself. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

export type Chosen = { readonly how: 'all' } | { readonly how: 'ring and random'; readonly seed: number };

/** Up to this many nodes every pair is tested. */
const fewNodes = 10;
/** Other nodes that each one is tested to at random, beside the next one in the ring. */
const randomOthers = 3;

/**
 * Which pairs are tested. Of many nodes each is tested to the next one in a ring, so that all send and receive, and to some at random; the same seed
 * gives the same ones. Pure.
 */
export function choosePairs(
  nodes: readonly string[],
  options: { readonly all: boolean; readonly seed: number },
): { readonly pairs: readonly Pair[]; readonly chosen: Chosen } {
  if (options.all || nodes.length <= fewNodes)
    return { pairs: nodes.flatMap((from) => nodes.map((to) => ({ from, to }))), chosen: { how: 'all' } };
  const random = generator(options.seed);
  const pairs = nodes.flatMap((from, index) => {
    const next = nodes[(index + 1) % nodes.length] ?? from;
    const rest = nodes.filter((node) => node !== from && node !== next);
    const picked = Array.from({ length: randomOthers }, () =>
      rest.splice(Math.floor(random() * rest.length), 1),
    ).flat();
    return [from, next, ...picked].map((to) => ({ from, to }));
  });
  return { pairs, chosen: { how: 'ring and random', seed: options.seed } };
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
