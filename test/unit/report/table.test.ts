import { expect, test } from 'vitest';
import { table } from '../../../src/report/table.ts';
import { textWidth } from '../../../src/report/width.ts';

const rows = [
  ['HOST', 'UNIT', 'STATE'],
  ['h1', 'etcd.service', 'active'],
  ['h2', 'kube-apiserver.service', 'failed: exit code 1, see its journal'],
];

test('columns are aligned and lines have no blanks at their end', () => {
  expect(table(rows, { columns: 80 })).toBe(
    [
      'HOST  UNIT                    STATE',
      'h1    etcd.service            active',
      'h2    kube-apiserver.service  failed: exit code 1, see its journal',
    ].join('\n'),
  );
});

test('the widest cells are cut where the terminal is narrow', () => {
  expect(table(rows, { columns: 40 })).toBe(
    [
      'HOST  UNIT              STATE',
      'h1    etcd.service      active',
      'h2    kube-apiserver.…  failed: exit co…',
    ].join('\n'),
  );
});

test.each([80, 60, 40, 30])('no line is longer than %d columns', (columns) => {
  const lines = table(rows, { columns, indent: 2 }).split('\n');
  expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
  expect(lines.every((line) => line.startsWith('  '))).toBe(true);
});

test('colours take no room', () => {
  const paint = (cell: string): string => `\u001b[1m${cell}\u001b[22m`;
  const plain = table(rows, { columns: 40 });
  expect(
    table(rows, { columns: 40, paint })
      .replace(/\u001b\[\d+m/g, '')
      .replace(/ +$/gm, ''),
  ).toBe(plain);
});

test('rows of different lengths, wide characters and no rows at all', () => {
  expect(table([['a'], ['日本', 'b']], { columns: 80 })).toBe('a\n日本  b');
  expect(table([], { columns: 80 })).toBe('');
});
