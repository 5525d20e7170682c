import { expect, test } from 'vitest';
import { openStyle, supportsColor, supportsUnicode } from '../../../src/report/style.ts';
import { defaultFormat } from '../../../src/report/reporter.ts';

const terminal = { isTTY: true };

test.each([
  [terminal, {}, true],
  [{}, {}, false],
  [terminal, { TERM: 'dumb' }, false],
  [terminal, { NO_COLOR: '1' }, false],
  [terminal, { NO_COLOR: '' }, true],
  [{}, { FORCE_COLOR: '1' }, true],
  [terminal, { FORCE_COLOR: '0' }, false],
  [terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
])('colours for %j with %j: %s', (out, env, expected) => {
  expect(supportsColor(out, env)).toBe(expected);
});

test.each([
  [{ LANG: 'de_DE.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'C' }, false],
  [{}, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
  [{ LC_CTYPE: 'C.UTF-8', LC_ALL: '' }, true],
])('UTF-8 with %j: %s', (env, expected) => {
  expect(supportsUnicode(env)).toBe(expected);
});

test.each([
  [terminal, {}, 'tty'],
  [{}, {}, 'plain'],
  [terminal, { CI: 'true' }, 'plain'],
  [terminal, { CI: 'false' }, 'tty'],
  [terminal, { TERM: 'dumb' }, 'plain'],
])('format for %j with %j: %s', (out, env, expected) => {
  expect(defaultFormat(out, env)).toBe(expected);
});

test('signs are ASCII where the locale is not UTF-8', () => {
  const { symbols } = openStyle({ color: false, unicode: false, columns: 80 });
  expect(Object.values(symbols).join('')).toMatch(/^[\x20-\x7e]+$/);
});
