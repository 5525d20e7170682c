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

test.each([null, undefined, Number.NaN, [{ a: 1 }]])('refuses %j', (value) => {
  expect(() => tomlText({ key: value })).toThrow(/the value of key/);
});
