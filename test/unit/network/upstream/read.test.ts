import { describe, expect, it } from 'vitest';
import { objectsOf, readManifest } from '../../../../src/network/upstream/index.ts';
import { titleOf } from '../../../../src/network/upstream/manifest.ts';
import { sample } from './sample.ts';

const source = { component: 'calico', version: '1.2.3', file: 'calico.yaml' };
const read = (text: string, namespace?: string) => readManifest(text, source, namespace);
const titles = (text: string, namespace?: string) => objectsOf(read(text, namespace)).map(titleOf);

describe('a manifest', () => {
  it('has its objects in their order, each with the place it was read from', () => {
    expect(sample().objects.map(({ object, place }) => [titleOf(object), place])).toEqual([
      ['ConfigMap kube-system/config', { document: 1, line: 3 }],
      ['Secret kube-system/secrets', { document: 2, line: 17 }],
      ['DaemonSet kube-system/node', { document: 3, line: 23 }],
      ['Deployment kube-system/controllers', { document: 4, line: 46 }],
    ]);
  });

  it('may hold empty documents and Lists', () => {
    const text = `---
# nothing
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ServiceAccount, metadata: { name: a, namespace: ns } }
  - { apiVersion: v1, kind: ConfigMapList, items: [{ apiVersion: v1, kind: ConfigMap, metadata: { name: b, namespace: ns } }] }
---
`;
    expect(titles(text)).toEqual(['ServiceAccount ns/a', 'ConfigMap ns/b']);
  });

  it('is read as kubectl reads it: octal modes, and neither dates nor sixtieths', () => {
    const text = `{ apiVersion: v1, kind: X, metadata: { name: a, namespace: ns }, mode: 0400, enabled: yes, day: 2024-01-02, ratio: 1:30 }`;
    expect(objectsOf(read(text))[0]).toMatchObject({ mode: 256, enabled: true, day: '2024-01-02', ratio: '1:30' });
  });

  it('gives namespaced objects a namespace and takes it from others, as the apiserver does', () => {
    const text = `{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: role, namespace: kube-system } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: map } }
---
{ apiVersion: ex.io/v1, kind: Vlan, metadata: { name: one } }
---
{ apiVersion: ex.io/v1, kind: Node, metadata: { name: other } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: vlans.ex.io }
spec: { group: ex.io, scope: Cluster, names: { kind: Vlan } }
`;
    expect(titles(text, 'kube-system')).toEqual([
      'ClusterRole role',
      'ConfigMap kube-system/map',
      'Vlan one',
      'Node kube-system/other',
      'CustomResourceDefinition vlans.ex.io',
    ]);
  });

  it.each([
    ['kind', '{ apiVersion: v1, metadata: { name: a } }', 'holds an object without kind (document 1, line 1)'],
    ['name', '---\n\n{ apiVersion: v1, kind: Pod }', 'holds a Pod without metadata.name (document 1, line 3)'],
    ['apiVersion', '{ kind: Pod, metadata: { name: a } }', 'holds a Pod without apiVersion (document 1, line 1)'],
    ['object', 'text', 'holds an object without apiVersion (document 1, line 1)'],
  ])('without %s is refused', (_what, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'UPSTREAM_UNREADABLE', message: `calico.yaml of calico 1.2.3 ${message}` }),
    );
  });

  it('that holds an object twice is refused, also in two versions of its group', () => {
    const text = `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a } }
---
{ apiVersion: apps/v1beta1, kind: Deployment, metadata: { name: a, namespace: default } }`;
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        message: 'calico.yaml of calico 1.2.3 holds Deployment default/a twice',
        why: '(document 1, line 1) and (document 2, line 3)',
      }),
    );
  });

  it('that is no YAML is refused with the place', () => {
    expect(() => read('a: [1')).toThrow(
      expect.objectContaining({ code: 'UPSTREAM_UNREADABLE', why: expect.stringContaining('line 1') as string }),
    );
  });
});
