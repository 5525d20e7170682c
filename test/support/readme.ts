import { readFileSync } from 'node:fs';

/** The block of the README that has this comment line in it, without the fences. */
export function readmeBlock(line: string): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const block = blocks.find((text) => text.split('\n').includes(line));
  if (block === undefined) throw new Error(`README.md has no block with the line ${line}`);
  return block;
}
