import { describe, expect, it } from 'vitest';
import {
  addArg,
  addEnv,
  addField,
  addObjects,
  addVolume,
  edit,
  inObject,
  removeArg,
  removeEnv,
  removeInitContainer,
  removeMount,
  removeObject,
  removeVolume,
  setArg,
  setData,
  setEnv,
  setField,
  setImage,
  setReplicas,
} from '../../../../src/network/upstream/index.ts';
import type { ManifestEdit, ObjectEdit } from '../../../../src/network/upstream/index.ts';
import { sample } from './sample.ts';

const node = { kind: 'DaemonSet', name: 'node' } as const;
const config = { kind: 'ConfigMap', name: 'config' } as const;

describe('a place that is gone is an error that says what is there', () => {
  const gone = (what: string, ...why: readonly string[]) =>
    expect.objectContaining({
      code: 'UPSTREAM_CHANGED',
      kind: 'artifact',
      message: `calico.yaml of calico 1.2.3 is not as k8sup knows it: ${what}`,
      why: why.join('\n'),
    }) as Error;
  const changed = (lookedFor: string, there: string) =>
    gone(
      'DaemonSet kube-system/node has changed',
      `looked for ${lookedFor} in DaemonSet kube-system/node (document 3, line 23)`,
      `there is ${there}`,
    );
  const at = 'spec.template.spec.containers[node]';
  const args = 'a list of "--run-router=true", "--verbose", "--peers", "10.0.0.1"';

  it.each<[string, ObjectEdit, Error]>([
    ['setEnv', setEnv('node', 'X', ''), changed(`${at}.env[X]`, `a list of IP, MTU at ${at}.env`)],
    ['removeEnv', removeEnv('node', 'X'), changed(`${at}.env[X]`, `a list of IP, MTU at ${at}.env`)],
    [
      'addEnv of one that is there',
      addEnv('node', 'IP', ''),
      changed(`no ${at}.env[IP] yet`, 'the fields name, value'),
    ],
    ['a container', setImage('x', 'y'), changed('a container x', 'a list of node; init containers: a list of install')],
    [
      'an init container',
      removeInitContainer('node'),
      changed('spec.template.spec.initContainers[node]', 'a list of install at spec.template.spec.initContainers'),
    ],
    ['setArg', setArg('node', '--x', ''), changed('the argument --x', args)],
    ['removeArg', removeArg('node', '--x'), changed('the argument --x', args)],
    [
      'addArg of one that is there',
      addArg('node', '--run-router', ''),
      changed('no argument --run-router yet', '"--run-router=true"'),
    ],
    [
      'addArg where there are none',
      addArg('install', '--x'),
      changed(
        'spec.template.spec.initContainers[install].args',
        'the fields name, image at spec.template.spec.initContainers[install]',
      ),
    ],
    ['an argument in two words', removeArg('node', '--peers'), changed('--peers=VALUE in one argument', args)],
    ['an argument in two words', setArg('node', '--peers', 'x'), changed('--peers=VALUE in one argument', args)],
    ['a mount', removeMount('node', '/x'), changed(`${at}.volumeMounts[/x]`, `a list of lib at ${at}.volumeMounts`)],
    [
      'addVolume',
      addVolume({ name: 'lib' }),
      changed('no spec.template.spec.volumes[lib] yet', 'the fields name, hostPath'),
    ],
    [
      'a volume',
      removeVolume('x'),
      changed('spec.template.spec.volumes[x]', 'a list of lib at spec.template.spec.volumes'),
    ],
    ['replicas', setReplicas(2), changed('an object with replicas', 'a DaemonSet')],
    ['data', setData('x', ''), changed('a ConfigMap', 'a DaemonSet')],
    ['a field', setField(['spec', 'x', 'y'], 1), changed('spec.x.y', 'the fields template at spec')],
    [
      'a list where fields were',
      addField(['spec', 'template', { name: 'x' }], 1),
      changed('a list at spec.template', 'the fields spec'),
    ],
    ['a text where fields were', addField(['kind', 'x'], 1), changed('fields at kind', '"DaemonSet"')],
  ])('%s', (_what, change, error) => expect(() => edit(sample(), inObject(node, change))).toThrow(error));

  it.each<[string, ManifestEdit, Error]>([
    [
      'an object',
      inObject({ kind: 'Deployment', name: 'typha' }, setReplicas(1)),
      gone(
        'there is no Deployment typha',
        'looked for Deployment typha',
        'there is Deployment kube-system/controllers',
      ),
    ],
    [
      'a kind',
      removeObject({ kind: 'Job', name: 'x', namespace: 'n' }),
      gone('there is no Job n/x', 'looked for Job n/x', 'there is no Job'),
    ],
    [
      'the name of an added object',
      addObjects({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'kube-system' } }),
      gone('it has ConfigMap kube-system/config by itself', 'k8sup would add an object of this name'),
    ],
    [
      'pods',
      inObject(config, setImage('node', 'x')),
      gone(
        'ConfigMap kube-system/config has changed',
        'looked for an object that makes pods in ConfigMap kube-system/config (document 1, line 3)',
        'there is a ConfigMap',
      ),
    ],
  ])('%s', (_what, change, error) => expect(() => edit(sample(), change)).toThrow(error));
});
