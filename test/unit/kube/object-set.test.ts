import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/engine/stage.ts';
import { leftObjects, removalsOf, setObject } from '../../../src/kube/object-set.ts';

const role: KubeObject = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' } };
const pods: KubeObject = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'd', namespace: 'n' } };
const live = [setObject('network', [role, pods])];

test('what the list has and is no longer wanted is left, the last made first', () => {
  expect(leftObjects('network', live, [])).toEqual([pods, role]);
  expect(leftObjects('network', live, [role])).toEqual([pods]);
  expect(leftObjects('network', live, [role, pods])).toEqual([]);
});

test('nothing is left where there is no list yet, or that of another set', () => {
  expect(leftObjects('network', [], [])).toEqual([]);
  expect(leftObjects('dns', live, [])).toEqual([]);
});

test('a removal is a change of its object', () => {
  expect([...removalsOf([pods])]).toEqual([
    ['DaemonSet n/d', [{ path: 'object', from: 'there', to: 'absent', effect: 'delete' }]],
  ]);
});

test('that of a namespace says what goes with it', () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
  expect(removalsOf([namespace]).get('Namespace n')).toMatchObject([{ interrupts: 'everything in it goes too' }]);
});
