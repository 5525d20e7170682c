import { expect, it } from 'vitest';
import { escapeControl } from '../../../src/shell/escape.ts';

it('makes escape sequences of a host harmless and visible', () => {
  expect(escapeControl('\u001b[2J\u001b]0;title\u0007ok')).toBe('\\x1b[2J\\x1b]0;title\\x07ok');
});

it('writes carriage returns, C1 controls and text direction marks out', () => {
  expect(escapeControl('good\rbad')).toBe('good\\x0dbad');
  expect(escapeControl('\u009b31m\u007f\u0000')).toBe('\\x9b31m\\x7f\\x00');
  expect(escapeControl('user\u202etxt.exe\u2066')).toBe('user\\u202etxt.exe\\u2066');
});

it('keeps lines, tabs and all other text', () => {
  const text = 'line 1\n\tline 2: ü 日本 🙂\n';
  expect(escapeControl(text)).toBe(text);
});
