import { expect, test } from 'vitest';
import { paintDiff, unifiedDiff } from '../../../src/report/diff.ts';
import { colored } from './output.ts';

test('a changed file is shown as diff -u writes it', () => {
  expect(unifiedDiff('/etc/hosts', 'a\nb\nc\n', 'a\nB\nc\n')).toBe(
    '--- /etc/hosts\n+++ /etc/hosts\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n',
  );
});

test('a new file has no old name', () => {
  expect(unifiedDiff('/etc/a', '', 'x\n')).toBe('--- /dev/null\n+++ /etc/a\n@@ -0,0 +1,1 @@\n+x\n');
});

test('equal texts have no difference', () => {
  expect(unifiedDiff('/etc/a', 'x\n', 'x\n')).toBe('');
});

test('secrets do not show, not even as the only difference', () => {
  const [before, after] = ['t: abcdef.0123456789abcdef\n', 't: abcdef.fedcba9876543210\n'];
  expect(unifiedDiff('/etc/a', before, after)).toBe('--- /etc/a\n+++ /etc/a\n(only secrets differ)\n');
  expect(unifiedDiff('/etc/a', 'x\n', after)).toContain('+t: abcdef.[redacted]');
});

test('texts without anything in common are not compared for ever', () => {
  const text = (word: string): string => Array.from({ length: 20_000 }, (_, n) => `${word} ${n}\n`).join('');
  expect(unifiedDiff('/a', text('x'), text('y'))).toBe(
    '--- /a\n+++ /a\n(20000 lines become 20000: too different to show)\n',
  );
});

test('added and removed lines differ in colour', () => {
  const painted = paintDiff('--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z', colored).split('\n');
  expect(painted[3]).toBe('\u001b[31m-x\u001b[39m');
  expect(painted[4]).toBe('\u001b[32m+y\u001b[39m');
  expect(painted[5]).toBe(' z');
});
