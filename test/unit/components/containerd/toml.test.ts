import { expect, test } from 'vitest';
import { tomlText } from '../../../../src/components/containerd/toml.ts';

test('values first, tables after, names quoted where they must be', () => {
  const text = tomlText({
    a: { inner: { 'io.x.y': { on: true } }, n: 1 },
    top: 'x',
    list: ['a', "it's", 2.5, [true]],
    empty: {},
  });
  expect(text).toBe(
    `top = 'x'\nlist = ['a', "it's", 2.5, [true]]\n\n[a]\nn = 1\n\n[a.inner.'io.x.y']\non = true\n\n[empty]\n`,
  );
});

test('a file that starts with a table has no empty first line', () => {
  expect(tomlText({ a: { b: 1 } })).toBe('[a]\nb = 1\n');
});

test('strings: literal where possible, else escaped', () => {
  expect(tomlText({ a: 'back\\slash "q"' })).toBe(`a = 'back\\slash "q"'\n`);
  expect(tomlText({ a: `'"\\\n` })).toBe('a = "\'\\"\\\\\\u000a"\n');
});

test('lists of tables, with tables and lists of tables in them', () => {
  const list = [{ n: 1, in: { x: 'y' }, deep: [{ z: 1 }] }, {}];
  expect(tomlText({ a: { list, after: 2 } })).toBe(
    `[a]\nafter = 2\n\n[[a.list]]\nn = 1\n\n[a.list.in]\nx = 'y'\n\n[[a.list.deep]]\nz = 1\n\n[[a.list]]\n`,
  );
});

test('tables among other values, and numbers without an end', () => {
  expect(tomlText({ a: [1, { 'b.c': [{ d: true }] }], empty: [] })).toBe(
    `a = [1, { 'b.c' = [{ d = true }] }]\nempty = []\n`,
  );
  expect(tomlText({ a: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN] })).toBe(
    'a = [inf, -inf, nan]\n',
  );
});

test.each([null, undefined, [null], [{ key: null }]])('refuses %j', (value) => {
  expect(() => tomlText({ key: value })).toThrow(/the value of key/);
});
