/** Reads a `SHA256SUMS` text: file name to sha256. Lines that are none are passed over. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\\?([0-9a-f]{64})\s+\*?(?:\.\/)?(.+?)\s*$/i.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) sums.set(match[2], match[1].toLowerCase());
  }
  return sums;
}

export function formatSums(sums: ReadonlyMap<string, string>): string {
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, sum]) => `${sum}  ${file}\n`)
    .join('');
}

/**
 * The sha256 published for `file`: out of a list of sums, or a file that holds one sum alone, with or without a name.
 *
 * @returns undefined when the text names it nowhere.
 */
export function publishedSum(text: string, file: string): string | undefined {
  for (const [name, sum] of parseSums(text)) if (name === file || name.endsWith(`/${file}`)) return sum;
  return /^\s*([0-9a-f]{64})\s*$/i.exec(text)?.[1]?.toLowerCase();
}
