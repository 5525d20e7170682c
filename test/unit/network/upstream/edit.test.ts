import { describe, expect, it } from 'vitest';
import * as upstream from '../../../../src/network/upstream/index.ts';
import type { Manifest, ManifestEdit, ObjectEdit } from '../../../../src/network/upstream/index.ts';
import { titleOf } from '../../../../src/network/upstream/manifest.ts';
import { valueAt } from '../../../../src/network/upstream/place.ts';
import type { Path } from '../../../../src/network/upstream/place.ts';
import { objectOf, sample } from './sample.ts';

const {
  addArg,
  addContainer,
  addData,
  addEnv,
  addField,
  addInitContainer,
  addMount,
  addObjects,
  addPodField,
  addSecretData,
  addToleration,
  addVolume,
  edit,
  inObject,
  removeArg,
  removeContainer,
  removeContainerField,
  removeData,
  removeEnv,
  removeField,
  removeInitContainer,
  removeMount,
  removeObject,
  removePodField,
  removeVolume,
  setArg,
  setContainerField,
  setData,
  setEnv,
  setField,
  setImage,
  setPodField,
  setReplicas,
  setResources,
} = upstream;

const node = { kind: 'DaemonSet', name: 'node' } as const;
const config = { kind: 'ConfigMap', name: 'config' } as const;
const controllers = { kind: 'Deployment', name: 'controllers' } as const;
const secrets = { kind: 'Secret', name: 'secrets' } as const;
const pod: Path = ['spec', 'template', 'spec'];
const main: Path = [...pod, 'containers', { name: 'node' }];

/** Deeply frozen, so that an edit that writes to its input throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

function edited(ref: { kind: string; name: string }, ...edits: readonly ObjectEdit[]): Record<string, unknown> {
  return objectOf(edit(frozen(sample()), inObject(ref, ...edits)), `${ref.kind} kube-system/${ref.name}`);
}

describe('an edit changes its own place', () => {
  it.each<[string, ObjectEdit, Path, unknown]>([
    ['setEnv', setEnv('node', 'IP', '10.0.0.1'), [...main, 'env', { name: 'IP' }], { name: 'IP', value: '10.0.0.1' }],
    [
      'setEnv with a reference',
      setEnv('node', 'IP', { fieldRef: { fieldPath: 'status.hostIP' } }),
      [...main, 'env', { name: 'IP' }],
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
    ],
    [
      'setEnv of a reference',
      setEnv('node', 'MTU', '1400'),
      [...main, 'env', { name: 'MTU' }],
      { name: 'MTU', value: '1400' },
    ],
    ['addEnv', addEnv('node', 'NEW', 'x'), [...main, 'env', { name: 'NEW', value: 'x' }], { name: 'NEW', value: 'x' }],
    [
      'addEnv without any yet',
      addEnv('install', 'NEW', 'x'),
      [...pod, 'initContainers', { name: 'install' }, 'env'],
      [{ name: 'NEW', value: 'x' }],
    ],
    ['removeEnv', removeEnv('node', 'IP'), [...main, 'env', { name: 'IP' }], undefined],
    [
      'setArg',
      setArg('node', '--run-router', 'false'),
      [...main, 'args'],
      ['--run-router=false', '--verbose', '--peers', '10.0.0.1'],
    ],
    [
      'setArg of a flag alone',
      setArg('node', '--verbose', '2'),
      [...main, 'args'],
      ['--run-router=true', '--verbose=2', '--peers', '10.0.0.1'],
    ],
    [
      'addArg',
      addArg('node', '--new', 'x'),
      [...main, 'args'],
      ['--run-router=true', '--verbose', '--peers', '10.0.0.1', '--new=x'],
    ],
    ['removeArg', removeArg('node', '--verbose'), [...main, 'args'], ['--run-router=true', '--peers', '10.0.0.1']],
    ['setImage', setImage('node', 'example.org/node:2'), [...main, 'image'], 'example.org/node:2'],
    [
      'setImage of an init container',
      setImage('install', 'example.org/cni:2'),
      [...pod, 'initContainers', { name: 'install' }, 'image'],
      'example.org/cni:2',
    ],
    ['setContainerField', setContainerField('node', ['args'], ['-x']), [...main, 'args'], ['-x']],
    ['removeContainerField', removeContainerField('node', ['args']), [...main, 'args'], undefined],
    ['setResources', setResources('node', { limits: { cpu: '1' } }), [...main, 'resources'], { limits: { cpu: '1' } }],
    [
      'addMount',
      addMount('node', { name: 'run', mountPath: '/run' }),
      [...main, 'volumeMounts', { name: 'run' }, 'mountPath'],
      '/run',
    ],
    ['removeMount', removeMount('node', '/lib/modules'), [...main, 'volumeMounts'], []],
    ['addVolume', addVolume({ name: 'run', emptyDir: {} }), [...pod, 'volumes', { name: 'run' }, 'emptyDir'], {}],
    ['removeVolume', removeVolume('lib'), [...pod, 'volumes'], []],
    ['addContainer', addContainer({ name: 'two', image: 'x' }), [...pod, 'containers', { name: 'two' }, 'image'], 'x'],
    [
      'addInitContainer',
      addInitContainer({ name: 'two', image: 'x' }),
      [...pod, 'initContainers', { name: 'two' }, 'image'],
      'x',
    ],
    ['removeContainer', removeContainer('node'), [...pod, 'containers'], []],
    ['removeContainer of an init container', removeContainer('install'), [...pod, 'initContainers'], []],
    ['removeInitContainer', removeInitContainer('install'), [...pod, 'initContainers'], []],
    ['setPodField', setPodField(['hostNetwork'], false), [...pod, 'hostNetwork'], false],
    ['addPodField', addPodField(['hostPID'], true), [...pod, 'hostPID'], true],
    ['removePodField', removePodField(['hostNetwork']), [...pod, 'hostNetwork'], undefined],
    ['setField', setField([...pod, 'hostNetwork'], false), [...pod, 'hostNetwork'], false],
    ['addField', addField(['metadata', 'labels'], { a: 'b' }), ['metadata', 'labels', 'a'], 'b'],
    ['removeField', removeField(['spec', 'template', 'spec', 'volumes']), [...pod, 'volumes'], undefined],
  ])('%s', (_name, change, path, value) => {
    expect(valueAt(edited(node, change), path)).toEqual(value);
  });

  it('and no other', () => {
    const [before, after] = [sample(), edit(sample(), inObject(node, setEnv('node', 'IP', 'x')))];
    const text = JSON.stringify(after.objects).replace('"name":"IP","value":"x"', '"name":"IP","value":"autodetect"');
    expect(text).toBe(JSON.stringify(before.objects));
  });

  it('in a ConfigMap and a Secret', () => {
    expect(edited(config, setData('backend', 'vxlan'), addData('mtu', '1400'))).toMatchObject({
      data: { backend: 'vxlan', mtu: '1400' },
    });
    expect(edited(config, removeData('cni'))['data']).toEqual({ backend: 'bird' });
    expect(edited(secrets, addSecretData('key', 'abc'))['data']).toEqual({ key: 'YWJj' });
  });

  it('in replicas that upstream leaves to the apiserver', () =>
    expect(edited(controllers, setReplicas(3))).toMatchObject({ spec: { replicas: 3 } }));

  it('in tolerations: one that is there already, in whatever order its fields are, is not doubled', () => {
    const add = addToleration({ operator: 'Exists', effect: 'NoSchedule' });
    expect(valueAt(edited(node, add), [...pod, 'tolerations'])).toHaveLength(1);
    const none = addToleration({ key: 'a', operator: 'Exists' });
    expect(valueAt(edited(controllers, none), [...pod, 'tolerations'])).toEqual([{ key: 'a', operator: 'Exists' }]);
  });

  it('where its condition holds', () => {
    const settings: { readonly mtu?: number } = {};
    const none = edit(sample(), settings.mtu !== undefined && removeObject(node), inObject(config, undefined));
    expect(none).toEqual(sample());
  });
});

describe('objects', () => {
  const titles = (manifest: Manifest): readonly string[] => manifest.objects.map(({ object }) => titleOf(object));
  it('are taken out and added', () => {
    const pool = { apiVersion: 'ex.io/v1', kind: 'Pool', metadata: { name: 'p' } };
    expect(titles(edit(sample(), removeObject(secrets), addObjects(pool)))).toEqual([
      'ConfigMap kube-system/config',
      'DaemonSet kube-system/node',
      'Deployment kube-system/controllers',
      'Pool p',
    ]);
  });

  it('of one name in two namespaces need the namespace', () => {
    const twin = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config', namespace: 'b' },
      data: { a: '1' },
    };
    const two = edit(sample(), addObjects(twin));
    expect(() => edit(two, removeObject(config))).toThrow('in several namespaces');
    expect(titles(edit(two, removeObject({ ...config, namespace: 'b' })))).toEqual(titles(sample()));
  });
});

describe('two edits of one place are a bug that is found', () => {
  it.each<[string, readonly ManifestEdit[]]>([
    ['the same variable', [inObject(node, setEnv('node', 'IP', 'a')), inObject(node, setEnv('node', 'IP', 'b'))]],
    ['a variable and its container', [inObject(node, setEnv('node', 'IP', 'a'), removeContainer('node'))]],
    ['an object and a field in it', [inObject(node, setEnv('node', 'IP', 'a')), removeObject(node)]],
    ['one argument', [inObject(node, setArg('node', '--run-router', 'a'), setArg('node', '--run-router', 'b'))]],
    ['one key of data', [inObject(config, setData('backend', 'a'), setData('backend', 'b'))]],
  ])('%s', (_what, edits) => expect(() => edit(sample(), ...edits)).toThrow('two edits are about one place'));

  it('an object that was removed before', () =>
    expect(() =>
      edit(
        sample(),
        removeObject({ ...node, namespace: 'kube-system' }),
        inObject({ ...node, namespace: 'kube-system' }, setPodField(['hostNetwork'], false)),
      ),
    ).toThrow('is edited after it was removed'));

  it('but neighbours are none', () =>
    expect(() =>
      edit(
        sample(),
        inObject(
          node,
          setEnv('node', 'IP', 'a'),
          setEnv('node', 'MTU', '1'),
          setArg('node', '--run-router', 'x'),
          setArg('node', '--verbose', 'y'),
        ),
      ),
    ).not.toThrow());
});
