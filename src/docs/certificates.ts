import { certificateFile, certificatePlaces } from '../components/certificate-places.ts';
import { leafKinds } from '../pki/index.ts';
import type { LeafKind } from '../pki/index.ts';
import { cell, code, markdownTable } from './markdown.ts';

/** Every certificate that k8sup itself signs: by which authority, where it lies, how a new one comes into use, and for what it is. */
export function certificateReference(): string {
  return markdownTable(
    ['Certificate', 'Signed by', 'Held by', 'Where', 'A new one is read', 'For'],
    leafKinds.map((kind) => [kind.name, kind.ca, holders(kind), ...placeOf(kind), cell(kind.purpose)]),
  );
}

function holders({ on, each }: LeafKind): string {
  const names = { etcd: 'etcd members', master: 'masters', node: 'nodes', container: 'container hosts' } as const;
  if (on.length === 0) return 'the controller alone';
  return `${on.map((role) => names[role]).join(', ')}${each === 'host' ? ', each its own' : ', the same'}`;
}

function placeOf({ name }: LeafKind): readonly [string, string] {
  if (name === 'admin') return [code('.k8sup/CLUSTER/pki/admin.pem'), 'by the next `k8sup kubectl` or `kubeconfig`'];
  const place = certificatePlaces[name];
  const { taken, unit } = place;
  const service = unit.replace(/\.service$/, '');
  return [
    code(certificateFile(place)),
    taken === 'restart' ? `when ${service} is restarted` : `by ${service} at the next connection`,
  ];
}
