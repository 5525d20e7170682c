import { describe, expect, it } from 'vitest';
import type { KubeObject, KubeRunner } from '../../../src/engine/stage.ts';
import type { Change } from '../../../src/resources/define.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { setObject } from '../../../src/kube/object-set.ts';
import { clusterObjects } from '../../../src/kube/objects.ts';

const object = (name: string, namespace = 'n'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { a: '1' },
});
const custom: KubeObject = { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f', namespace: 'n' } };
const list = (...items: readonly KubeObject[]): string => JSON.stringify({ kind: 'List', items });

interface Call {
  readonly code?: number;
  readonly output?: string;
  readonly said?: string;
}
const section = (mark: string, { code = 0, output = '', said }: Call): string =>
  `${output}\n${mark} ${code}\n${said === undefined ? '' : `${said}\n`}@@k8sup-end\n`;
/** What one look prints: the live objects, and, where these could be read, the dry run. */
const looked = (live: Call, dry?: Call): string =>
  section('@@k8sup-live', live) + (dry === undefined ? '' : section('@@k8sup-dry-run', dry));

/** A runner that gives one answer after the other, and remembers the names it was asked for. */
function answering(...answers: readonly (string | Error)[]) {
  const asked: { readonly script: string; readonly contents: readonly KubeObject[][] }[] = [];
  const kube: KubeRunner = {
    run: (script, options) => {
      const contents = (options?.contents ?? []).map(
        (bytes) => (JSON.parse(String(bytes)) as { items: KubeObject[] }).items,
      );
      asked.push({ script: script.sh, contents });
      const answer = answers[asked.length - 1] ?? '';
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const names = () => asked.map(({ contents }) => contents.map((items) => items.map(({ metadata }) => metadata.name)));
  return { asked, names, target: clusterObjects(kube) };
}

async function ids(found: ReturnType<ReturnType<typeof clusterObjects>['diff']>): Promise<readonly string[]> {
  const changes = await found;
  if ('pending' in changes) throw new Error(changes.pending);
  return [...changes].map(([id, [first]]) => `${id} ${first?.effect ?? ''}`);
}

describe('the difference of objects', () => {
  it.each([
    ['one object alone', JSON.stringify(object('x'))],
    ['a List', list(object('x'))],
  ])('is read from %s, in one look', async (_title, output) => {
    const { target, asked } = answering(looked({ output }, { output }));
    expect(await ids(target.diff([object('x')]))).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('names absent objects as to be made', async () => {
    const { target } = answering(looked({}, { output: list(object('x')) }));
    expect(await ids(target.diff([object('x')]))).toEqual(['ConfigMap n/x create']);
  });

  it('is told also where a namespace is not there yet: what is there is looked at alone', async () => {
    const changed = { ...object('old'), data: { a: '2' } };
    const { target, names } = answering(
      looked({ output: list(changed) }, { code: 1, said: 'Error from server (NotFound): namespaces "new" not found' }),
      looked({ output: JSON.stringify(changed) }, { output: JSON.stringify(object('old')) }),
    );
    expect(await ids(target.diff([object('old'), object('x', 'new')]))).toEqual([
      'ConfigMap n/old update',
      'ConfigMap new/x create',
    ]);
    expect(names()).toEqual([[['old', 'x']], [['old']]]);
  });

  it('is told also where a kind is not served yet', async () => {
    const { target, names } = answering(
      looked({ code: 1, said: 'unable to recognize: no matches for kind "Foo" in version "ex.io/v1"' }),
      looked({ output: list(object('x')) }, { output: list(object('x')) }),
    );
    expect(await ids(target.diff([custom, object('x')]))).toEqual(['Foo n/f create']);
    expect(names()).toEqual([[['f', 'x']], [['x']]]);
  });

  it('needs no second look where nothing is there', async () => {
    const { target, asked } = answering(looked({}, { code: 1, said: 'namespaces "new" not found' }));
    expect(await ids(target.diff([object('x', 'new')]))).toEqual(['ConfigMap new/x create']);
    expect(asked).toHaveLength(1);
  });

  describe('where the definition of a kind changes, and its objects with it', () => {
    const definition: KubeObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'foos.ex.io' },
      spec: { group: 'ex.io', names: { kind: 'Foo' } },
    };
    const refusal = { code: 1, said: '.spec.more: field not declared in schema' };
    const changed = { ...definition, spec: { ...(definition['spec'] as object), versions: 2 } };

    it('is known only after the definition is applied', async () => {
      const { target, names } = answering(
        looked({ output: list(definition, custom) }, refusal),
        looked({ output: JSON.stringify(definition) }, { output: JSON.stringify(changed) }),
      );
      const changes = await target.diff([changed, custom]);
      expect(names()).toEqual([[['foos.ex.io', 'f']], [['foos.ex.io']]]);
      expect(changes).toEqual(
        new Map([
          [
            'CustomResourceDefinition foos.ex.io',
            [{ path: 'spec.versions', from: 'absent', to: '2', effect: 'create' }],
          ],
          [
            'Foo n/f',
            [expect.objectContaining({ to: expect.stringContaining('known after apply') as string }) as Change],
          ],
        ]),
      );
    });

    it('and is an error where the definition stays as it is', async () => {
      const { target } = answering(
        looked({ output: list(definition, custom) }, refusal),
        looked({ output: JSON.stringify(definition) }, { output: JSON.stringify(definition) }),
      );
      await expect(target.diff([definition, custom])).rejects.toMatchObject({ why: refusal.said });
    });
  });

  it('is an error where the apiserver refuses what is there, or cannot be read', async () => {
    const refused = answering(looked({ output: list(object('x')) }, { code: 1, said: 'data\u001b[2J: Invalid value' }));
    await expect(refused.target.diff([object('x')])).rejects.toMatchObject({
      code: 'KUBE_COMMAND',
      why: 'data\\x1b[2J: Invalid value',
    });
    const forbidden = answering(looked({ code: 1, said: 'forbidden' }));
    await expect(forbidden.target.diff([object('x')])).rejects.toMatchObject({ why: 'forbidden' });
  });

  it('is pending while no apiserver answers, and nothing else is', async () => {
    const error = (code: string) => new K8supError({ code, kind: 'kubernetes', what: code, why: 'm1: refused' });
    expect(await answering(error('KUBE_UNREACHABLE')).target.diff([object('x')])).toEqual({ pending: 'm1: refused' });
    await expect(answering(error('KUBE_COMMAND')).target.diff([object('x')])).rejects.toMatchObject({
      code: 'KUBE_COMMAND',
    });
  });
});

describe('objects', () => {
  it('are sent on standard input and applied server-side under our own name', async () => {
    const { target, asked } = answering();
    await target.apply([object('x')]);
    expect(asked[0]?.script).toContain('--server-side --force-conflicts --field-manager=k8sup');
    expect(asked[0]?.script).not.toContain('--dry-run');
    expect(asked[0]?.contents).toEqual([[object('x')]]);
  });

  it('go in the order in which they need each other', async () => {
    const of = (kind: string, name = kind): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name } });
    const { target, names } = answering();
    await target.apply([
      of('DaemonSet'),
      of('ValidatingWebhookConfiguration'),
      of('IPPool'),
      of('ConfigMap', 'b'),
      of('ConfigMap', 'a'),
      of('ClusterRoleBinding'),
      of('ClusterRole'),
      of('Namespace'),
    ]);
    const order = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'b', 'a', 'IPPool', 'DaemonSet'];
    expect(names()).toEqual([[[...order, 'ValidatingWebhookConfiguration']]]);
  });

  it('of a new kind wait until it is served', async () => {
    const kind = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'foos' },
    };
    const { target, asked, names } = answering();
    await target.apply([custom, kind]);
    expect(asked[0]?.script).toContain('--for=condition=Established');
    expect(asked[0]?.script).toContain('no matches for kind');
    expect(names()).toEqual([[['foos'], ['f']]]);
  });

  it('of old kinds are sent once', async () => {
    const { target, asked } = answering();
    await target.apply([object('x')]);
    expect(asked[0]?.script).not.toContain('until');
  });
});

describe('a set of objects', () => {
  const setOf = (...objects: readonly KubeObject[]) => setObject('network', objects);

  it('is compared with its list, and what left it is to be removed', async () => {
    const live = list(setOf(object('x'), object('old')), object('x'));
    const { target } = answering(looked({ output: live }, { output: list(setOf(object('x')), object('x')) }));
    expect(await ids(target.diff([object('x')], 'network'))).toEqual([
      'ConfigMap kube-system/k8sup-network update',
      'ConfigMap n/old delete',
    ]);
  });

  it('is told by numbers: what comes and goes has changes of its own', async () => {
    const live = list(setOf(object('x'), object('old')), object('x'));
    const wanted = [object('x'), object('y'), object('z')];
    const { target } = answering(looked({ output: live }, { output: list(setOf(...wanted), object('x')) }));
    const changes = await target.diff(wanted, 'network');
    const [own] = 'pending' in changes ? [] : (changes.get('ConfigMap kube-system/k8sup-network') ?? []);
    expect(own).toEqual({
      path: 'data.objects',
      from: 'a list of 2 objects',
      to: '3: 2 new, 1 gone',
      effect: 'update',
    });
  });

  it('loses what left it before the others come, and its list is written first', async () => {
    const live = list(setOf(object('old')));
    const { target, asked, names } = answering(looked({ output: live }, { output: live }));
    await target.apply([object('x')], 'network');
    expect(names().slice(1)).toEqual([[['old']], [['k8sup-network']], [['x']]]);
    expect(asked[1]?.script).toContain('kubectl delete');
  });
});
