import { describe, expect, it } from 'vitest';
import {
  addJson,
  edit,
  editJson,
  inObject,
  placeholder,
  removeJson,
  setJson,
} from '../../../../src/network/upstream/index.ts';
import type { ObjectEdit } from '../../../../src/network/upstream/index.ts';
import { parseTemplate } from '../../../../src/network/upstream/json-template.ts';
import { objectOf, sample } from './sample.ts';

const config = { kind: 'ConfigMap', name: 'config' } as const;
const calico = ['plugins', { type: 'calico' }] as const;

function textAfter(...edits: readonly ObjectEdit[]): string {
  const { data } = objectOf(edit(sample(), inObject(config, ...edits)), 'ConfigMap kube-system/config');
  return (data as Record<string, string>)['cni'] ?? '';
}

describe('JSON inside a ConfigMap', () => {
  it('keeps placeholders as they were, quoted or not', () => {
    const text = textAfter(setJson('cni', ['name'], 'other'));
    expect(text).toContain('"mtu": __CNI_MTU__,');
    expect(text).toContain('"nodename": "__NODE__"');
    expect(text).toContain('"note": "a __CNI_MTU__ in a text"');
    expect(JSON.parse(text.replace(': __CNI_MTU__', ': 1'))).toMatchObject({
      name: 'other',
      plugins: [{ mtu: 1 }, {}],
    });
  });

  it('is changed inside the item that is meant, by several edits', () => {
    const text = textAfter(
      setJson('cni', [...calico, 'mtu'], 1400),
      addJson('cni', [...calico, 'container_settings'], { allow_ip_forwarding: true }),
      removeJson('cni', ['plugins', { type: 'portmap' }, 'snat']),
      addJson('cni', ['plugins', { type: 'bandwidth' }], { type: 'bandwidth' }),
    );
    expect(JSON.parse(text)).toMatchObject({
      plugins: [
        { type: 'calico', mtu: 1400, container_settings: { allow_ip_forwarding: true } },
        { type: 'portmap' },
        { type: 'bandwidth' },
      ],
    });
    expect(text).not.toContain('snat');
  });

  it('takes a placeholder of our own', () =>
    expect(textAfter(setJson('cni', ['name'], placeholder('NAME')))).toContain('"name": __NAME__,'));

  it('can be changed by a function', () =>
    expect(textAfter(editJson('cni', (value) => ({ was: value })))).toMatch(/^\{\n {2}"was": \{/));

  it.each([
    [
      'setJson',
      setJson('cni', [...calico, 'x'], 1),
      'plugins[calico].x in the JSON of cni',
      'the fields type, mtu, nodename, note, ipam at plugins[calico]',
    ],
    [
      'setJson deeper',
      setJson('cni', ['plugins', { type: 'x' }, 'y'], 1),
      'plugins[x].y in the JSON of cni',
      'a list of calico, portmap at plugins',
    ],
    ['removeJson', removeJson('cni', ['x']), 'x in the JSON of cni', 'the fields name, plugins'],
    ['addJson', addJson('cni', ['name'], 'x'), 'no name in the JSON of cni yet', '"net"'],
    ['addJson deeper', addJson('cni', ['x', 'y'], 'x'), 'x.y in the JSON of cni', 'the fields name, plugins'],
    ['no JSON', setJson('backend', ['x'], 1), 'JSON at data.backend', '"bird"'],
    ['no key', setJson('x', ['y'], 1), 'data.x', 'the fields backend, cni at data'],
  ])('%s: a place that is gone is an error', (_what, change, lookedFor, there) => {
    const why = expect.stringContaining(`looked for ${lookedFor} in ConfigMap kube-system/config`) as string;
    expect(() => textAfter(change)).toThrow(expect.objectContaining({ code: 'UPSTREAM_CHANGED', why }));
    expect(() => textAfter(change)).toThrow(
      expect.objectContaining({ why: expect.stringContaining(`there is ${there}`) as string }),
    );
  });

  it('finds two edits of one place in it', () => {
    const twice =
      (path: readonly string[]): (() => string) =>
      () =>
        textAfter(
          setJson('cni', ['name'], 'a'),
          path.length === 0 ? editJson('cni', () => 1) : setJson('cni', path, 'b'),
        );
    expect(twice(['name'])).toThrow('two edits');
    expect(twice([])).toThrow('two edits');
  });

  it('is no JSON where a placeholder is part of a word', () => expect(parseTemplate('{"a": x__B__}')).toBeUndefined());
});
