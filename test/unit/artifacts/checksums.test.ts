import { expect, test } from 'vitest';
import { formatSums, parseSums, publishedSum } from '../../../src/artifacts/checksums.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

test('sums are read back as they were written, sorted', () => {
  const text = formatSums(
    new Map([
      ['z', a],
      ['b c', b],
    ]),
  );
  expect(text).toBe(`${b}  b c\n${a}  z\n`);
  expect(parseSums(text)).toEqual(
    new Map([
      ['b c', b],
      ['z', a],
    ]),
  );
});

test.each([
  ['a sum alone', `${a}\n`, a],
  ['a list', `${b}  other\n${a}  file.tgz\n`, a],
  ['binary mode and a folder', `${a} *./release/file.tgz\n`, a],
  ['capitals', `${'A'.repeat(64)}  file.tgz`, a],
  ['a list without the file', `${b}  other\n`, undefined],
  ['a name that only ends alike', `${b}  xfile.tgz\n`, undefined],
  ['an error page', '<html>not found</html>', undefined],
])('the published sum out of %s', (_name, text, sum) => {
  expect(publishedSum(text, 'file.tgz')).toBe(sum);
});
