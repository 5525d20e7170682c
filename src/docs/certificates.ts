import { leafKinds } from '../pki/index.ts';
import type { LeafKind } from '../pki/index.ts';
import { cell, markdownTable } from './markdown.ts';

/** Every certificate that k8sup itself signs: by which authority, for whom, for what. */
export function certificateReference(): string {
  return markdownTable(
    ['Certificate', 'Signed by', 'Held by', 'A key for each host', 'For'],
    leafKinds.map((kind) => [
      kind.name,
      kind.ca,
      holders(kind),
      kind.each === 'host' ? 'yes' : 'no',
      cell(kind.purpose) + (kind.when === undefined ? '' : ' (only where it is the network)'),
    ]),
  );
}

function holders({ on }: LeafKind): string {
  const names = { etcd: 'etcd members', master: 'masters', node: 'nodes', container: 'container hosts' } as const;
  return on.length === 0 ? 'the controller alone' : on.map((role) => names[role]).join(', ');
}
