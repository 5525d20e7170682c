import { describe, expect, it } from 'vitest';
import { diffObjects, objectId } from '../../../src/kube/object-diff.ts';
import type { KubeObject } from '../../../src/engine/stage.ts';
import { changeText } from '../../support/case-files.ts';

const wanted: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace: 'kube-system' },
};
const live = {
  ...wanted,
  metadata: {
    name: 'coredns',
    namespace: 'kube-system',
    labels: { app: 'dns' },
    resourceVersion: '5',
    generation: 3,
    uid: 'u',
    creationTimestamp: 't',
    managedFields: [{ manager: 'k8sup' }],
  },
  spec: { replicas: 2, ports: [{ port: 53 }, { port: 9153 }] },
  status: { readyReplicas: 1 },
};
type Live = typeof live;

function changes(after: unknown, before: unknown = live, object: KubeObject = wanted): readonly string[] {
  const found = diffObjects([object], [before as Live], [after as Live]);
  return [...found].flatMap(([id, list]) => list.map((change) => `${id} ${changeText(change)}`));
}

describe('the difference of objects', () => {
  it('is nothing where a dry run gives the live object back', () => expect(changes(live)).toEqual([]));

  it('is nothing where only the apiserver wrote', () => {
    const metadata = {
      ...live.metadata,
      resourceVersion: '6',
      generation: 4,
      managedFields: [],
      uid: 'v',
      creationTimestamp: 'x',
    };
    expect(changes({ ...live, metadata, status: { readyReplicas: 2 } })).toEqual([]);
  });

  it('is the object where it is not there', () => {
    const found = diffObjects([wanted], [], [live]);
    expect([...found.keys()]).toEqual(['Deployment kube-system/coredns']);
    expect(found.get('Deployment kube-system/coredns')?.map(changeText)).toEqual([
      'object: absent -> as wanted (create)',
    ]);
  });

  it('names each field with its path', () => {
    expect(changes({ ...live, spec: { ...live.spec, replicas: 3, ports: [{ port: 53 }, { port: 9154 }] } })).toEqual([
      'Deployment kube-system/coredns spec.ports[1].port: 9153 -> 9154 (update)',
      'Deployment kube-system/coredns spec.replicas: 2 -> 3 (update)',
    ]);
  });

  it('names labels that come and go', () => {
    const metadata = { ...live.metadata, labels: { tier: 'x' } };
    expect(changes({ ...live, metadata })).toEqual([
      'Deployment kube-system/coredns metadata.labels.app: dns -> absent (delete)',
      'Deployment kube-system/coredns metadata.labels.tier: absent -> x (create)',
    ]);
  });

  it('shows a list of another length whole', () => {
    expect(changes({ ...live, spec: { replicas: 2, ports: [{ port: 53 }] } })).toEqual([
      'Deployment kube-system/coredns spec.ports: [{"port":53},{"port":9153}] -> [{"port":53}] (update)',
    ]);
  });

  it('cuts long values', () => {
    const [text = ''] = changes({ ...live, data: 'x'.repeat(5000) });
    expect(text.length).toBeLessThan(300);
  });

  it('never shows what is in a Secret', () => {
    const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'n' } };
    const of = (password: string, more = {}) => ({ ...secret, data: { password, ...more } });
    const told = changes(of('bmV3', { extra: 'Y29kZQ==' }), of('b2xk'), secret);
    expect(told).toEqual([
      'Secret n/s data.extra: absent -> secret (create)',
      'Secret n/s data.password: secret -> secret (update)',
    ]);
  });

  it('does not mix up objects of one name in two namespaces, or of two kinds', () => {
    const other = { ...live, metadata: { ...live.metadata, namespace: 'other' }, spec: { replicas: 9 } };
    const third = { ...live, kind: 'DaemonSet', spec: { replicas: 9 } };
    expect(diffObjects([wanted], [other, third, live], [third, other, live]).size).toBe(0);
  });
});

it('names an object of the cluster without a namespace', () => {
  expect(objectId({ kind: 'Node', metadata: { name: 'h1' } })).toBe('Node h1');
});
