import { expect, test } from 'vitest';

import { parseDuration } from '../../../../src/pki/cfssl/duration.ts';

test.each([
  ['87600h', 315_360_000_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5m', 30_000],
  ['+2s', 2000],
  ['1500ms', 1500],
])('%s is %i milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '8760', '1d', '-1h', '0h', '0s', 'h', '1h 30m', '1e3h', '3000000h', '1y', 'ten hours'])(
  '%j is none',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
