import { expect, test } from 'vitest';
import { objectDrift } from '../../../src/kube/field-writers.ts';
import type { Change } from '../../../src/resources/define.ts';

const entry = (manager: string, fieldsV1: object) => ({
  manager,
  operation: manager === 'k8sup' ? 'Apply' : 'Update',
  time: '2026-01-02T03:04:05Z',
  fieldsV1,
});
const live = {
  kind: 'Deployment',
  metadata: {
    name: 'web',
    annotations: { 'example.org/a.b': 'x' },
    managedFields: [
      entry('k8sup', {
        'f:spec': {
          'f:paused': {},
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } } },
        },
      }),
      entry('kubectl-edit', {
        'f:metadata': { 'f:annotations': { 'f:example.org/a.b': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:selector': {},
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"side"}': { '.': {}, 'f:image': {} } } } },
        },
      }),
      entry('other', { 'f:metadata': { 'f:finalizers': { 'v:"example.org/x"': {} } } }),
    ],
    finalizers: ['example.org/x'],
  },
  spec: {
    replicas: 3,
    paused: true,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'side', image: 's' },
          { name: 'web', image: 'w' },
        ],
      },
    },
  },
};

function drift(...paths: readonly string[]): string {
  const changes = paths.map((path): Change => ({ path, from: 'a', to: 'b', effect: 'update' }));
  const { cause, writers } = objectDrift(live, changes);
  return [cause, ...writers.map(({ manager }) => manager)].join(' ');
}

test.each([
  ['a field that another has written', ['spec.replicas'], 'cluster kubectl-edit'],
  ["one that is still k8sup's", ['spec.paused'], 'inventory'],
  ['some of both', ['spec.replicas', 'spec.paused'], 'both kubectl-edit'],
  ['one with dots in its name', ['metadata.annotations.example.org/a.b'], 'cluster kubectl-edit'],
  ['an item of a list, by its keys', ['spec.template.spec.containers[0].image'], 'cluster kubectl-edit'],
  ['another item of it', ['spec.template.spec.containers[1].image'], 'inventory'],
  ['an item that is its value', ['metadata.finalizers[0]'], 'cluster other'],
  ['what is below one that is owned as a whole', ['spec.selector.matchLabels.app'], 'cluster kubectl-edit'],
  ['what is not there', ['data.gone'], 'unrecorded'],
  ['a name that only begins alike', ['spec.replicasOfOthers'], 'unrecorded'],
])('%s', (_title, paths, expected) => expect(drift(...paths)).toBe(expected));

test('a writer is told with the last time it wrote', () => {
  const { writers } = objectDrift(live, [{ path: 'spec.replicas', from: '3', to: '1', effect: 'update' }]);
  expect(writers).toEqual([{ manager: 'kubectl-edit', operation: 'Update', at: '2026-01-02T03:04:05Z' }]);
});
