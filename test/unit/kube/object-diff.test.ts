import { describe, expect, it } from 'vitest';
import { diffObjects, objectId, objectTexts } from '../../../src/kube/object-diff.ts';
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

  it('keeps long values apart that begin alike', () => {
    const long = 'x'.repeat(5000);
    expect(changes({ ...live, data: `${long}a` }, { ...live, data: `${long}b` })).toHaveLength(1);
    expect(changes({ ...live, data: `${long}a` })).not.toEqual(changes({ ...live, data: `${long}b` }));
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

describe('the texts of objects', () => {
  const [id] = ['Deployment kube-system/coredns'];
  const annotations = { keep: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"b2xk"}}' };

  it('are YAML without what the apiserver and kubectl write by themselves', () => {
    const noisy = { ...live, metadata: { ...live.metadata, annotations } };
    const { before, after } = objectTexts([wanted], [noisy], [{ ...noisy, spec: { replicas: 3 } }]).get(id) ?? {};
    expect(before).toContain('spec:\n  replicas: 2\n');
    expect(after).toContain('spec:\n  replicas: 3\n');
    expect(before).toContain('keep: a');
    expect(before).not.toMatch(/managedFields|resourceVersion|uid|creationTimestamp|status|last-applied/);
  });

  it('are empty where there is no object', () => {
    expect(objectTexts([wanted], [], [live]).get(id)?.before).toBe('');
    expect(objectTexts([wanted], [live], []).get(id)?.after).toBe('');
  });

  it('tell which data of a Secret changes, and never what it is', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'n', annotations } };
    const of = (password: string) => ({ ...secret, data: { password, same: 'c2FtZQ==' } });
    const texts = objectTexts([secret], [of('b2xk')], [of('bmV3')]).get('Secret n/s');
    expect(texts?.before).toContain('password: (secret, of before)\n  same: (secret)');
    expect(texts?.after).toContain('password: (secret, new)\n  same: (secret)');
    expect(`${texts?.before ?? ''}${texts?.after ?? ''}`).not.toMatch(/b2xk|bmV3|c2FtZQ/);
  });
});

describe('pods that are replaced', () => {
  const template = { spec: { containers: [{ image: 'a:1' }] } };
  const told = (kind: string, change: object): readonly (string | undefined)[] => {
    const object = { ...live, kind, spec: { replicas: 2, template } };
    const after = { ...object, spec: { ...object.spec, ...change } };
    return [...diffObjects([{ ...wanted, kind }], [object], [after]).values()]
      .flat()
      .map(({ interrupts }) => interrupts);
  };

  it.each(['Deployment', 'DaemonSet', 'StatefulSet'])('are told where the template of a %s changes', (kind) => {
    const changed = { template: { spec: { containers: [{ image: 'a:2' }] } } };
    expect(told(kind, changed)).toEqual([expect.stringMatching(/^its pods are replaced/)]);
  });

  it('are none where only their number changes', () =>
    expect(told('Deployment', { replicas: 3 })).toEqual([undefined]));
});

it('names an object of the cluster without a namespace', () => {
  expect(objectId({ kind: 'Node', metadata: { name: 'h1' } })).toBe('Node h1');
});
