import type { Resource } from './define.ts';
import { blockText, readBlock, writeBlock } from './text-block.ts';
import type { TextBlock } from './text-block.ts';

/** Names for addresses, kept in a host's own hosts file. */
export interface HostsBlockSpec {
  readonly cluster: string;
  readonly entries: readonly { readonly address: string; readonly names: readonly string[] }[];
  /** Default `/etc/hosts`. */
  readonly path?: string;
}

/** Keeps a block of entries in /etc/hosts, between markers with the cluster's name; the rest of the file is the host's. */
export function hostsBlock(spec: HostsBlockSpec): Resource<string> {
  const block: TextBlock = {
    path: spec.path ?? '/etc/hosts',
    mark: spec.cluster,
    lines: spec.entries.map(({ address, names }) => [address, ...names].join(' ')),
  };
  const wanted = blockText(block);
  return {
    id: `hosts-block:${block.path}`,
    probe: readBlock(block),
    parse: (output) => output.trim(),
    diff: (found) => {
      if (found === wanted.trim()) return [];
      const from = found === '' ? 'no entries' : 'other entries';
      return [{ path: 'entries', from, to: block.lines.join(', '), effect: found === '' ? 'create' : 'update' }];
    },
    apply: { script: writeBlock(block) },
    text: { wanted, read: readBlock(block) },
  };
}
