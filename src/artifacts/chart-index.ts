import { parse } from 'yaml';

/** The sha256 of a chart's package out of the `index.yaml` of its repository; undefined where the index has no such version, or no digest for it. */
export function chartDigest(index: string, chart: string, version: string): string | undefined {
  const { entries } = (parse(index) ?? {}) as { readonly entries?: Readonly<Record<string, readonly IndexEntry[]>> };
  const digest = entries?.[chart]?.find((entry) => entry.version === version)?.digest;
  return typeof digest === 'string' ? /^(?:sha256:)?([0-9a-f]{64})$/.exec(digest)?.[1] : undefined;
}

interface IndexEntry {
  readonly version?: unknown;
  readonly digest?: unknown;
}
