import { expect, test } from 'vitest';
import { clusterTarget } from '../../../src/engine/events.ts';
import { byteCount, count, duration, hostList, hostName, oneLine, safe } from '../../../src/report/words.ts';
import { cut, pad, textWidth } from '../../../src/report/width.ts';

test.each([
  [0, '0.0 s'],
  [2140, '2.1 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [3_600_000, '1 h 0 min'],
  [7_380_000, '2 h 3 min'],
])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [327_680_000, '312.5 MiB'],
  [3 * 1024 ** 4, '3.0 TiB'],
])('%d bytes are %s', (bytes, text) => expect(byteCount(bytes)).toBe(text));

test('nouns follow their number', () => {
  expect([count(0, 'host'), count(1, 'host'), count(2, 'host')]).toEqual(['0 hosts', '1 host', '2 hosts']);
});

test('the cluster as a target has a name for people', () => {
  expect([hostName(clusterTarget), hostName('m1')]).toEqual(['cluster', 'm1']);
});

test('a list of hosts fits its room and counts the rest', () => {
  expect(hostList(['a1', 'a2', 'a3'], 10)).toBe('a1, a2, a3');
  expect(hostList(['a1', 'a2', 'a3', 'a4', 'a5'], 16)).toBe('a1 and 4 more');
  expect(hostList(['a1', 'a2', 'a3', 'a4', 'a5'], 17)).toBe('a1, a2 and 3 more');
  expect(hostList(['a-name-longer-than-its-room'], 5)).toBe('a-name-longer-than-its-room');
});

test('text of a host cannot move the cursor, and keeps its lines', () => {
  expect(safe('\u001b[2Jone\r\n\ttwo\u0007\u009b1m')).toBe('\\x1b[2Jone\n    two\\x07\\x9b1m');
  expect(oneLine('  one\n  two\r\nthree\n')).toBe('one two three');
});

test('width counts columns, not characters', () => {
  expect([textWidth('abc'), textWidth('日本'), textWidth('e\u0301'), textWidth('\u001b[31mred\u001b[39m')]).toEqual([
    3, 4, 1, 3,
  ]);
  expect(pad('日本', 6)).toBe('日本  ');
});

test('a cut text fits exactly and shows that it was cut', () => {
  expect(cut('kube-master', 11, '…')).toBe('kube-master');
  expect(cut('kube-master', 6, '…')).toBe('kube-…');
  expect(cut('日本語', 4, '…')).toBe('日…');
  expect(cut('kube-master', 7, '...')).toBe('kube...');
  expect(cut('kube-master', 2, '...')).toBe('..');
});
