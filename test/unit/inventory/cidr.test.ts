import { describe, expect, test } from 'vitest';
import {
  contains,
  formatCidr,
  hasHostBits,
  nthAddress,
  overlaps,
  parseAddress,
  parseCidr,
  sizeOf,
} from '../../../src/inventory/cidr.ts';
import type { Cidr } from '../../../src/inventory/cidr.ts';

function cidr(text: string): Cidr {
  const result = parseCidr(text);
  if (!('cidr' in result)) throw new Error(text);
  return result.cidr;
}

describe('parseCidr', () => {
  test.each([
    '10.0.0.0',
    '10/8',
    '10.0.0.0/33',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '10.0.0.256/24',
    '10.0.0.0/-1',
    '',
    'a/8',
  ])('refuses %s', (text) => expect(parseCidr(text)).toEqual({ reason: 'syntax' }));
  test('tells IPv6 from nonsense', () => expect(parseCidr('fd00::/108')).toEqual({ reason: 'ipv6' }));
  test.each([
    ['10.96.3.7/16', true, '10.96.0.0/16'],
    ['10.96.0.0/16', false, '10.96.0.0/16'],
    ['255.255.255.255/32', false, '255.255.255.255/32'],
    ['1.2.3.4/0', true, '0.0.0.0/0'],
  ])('%s has host bits: %s, and is %s', (text, bits, right) => {
    expect(hasHostBits(cidr(text))).toBe(bits);
    expect(formatCidr(cidr(text))).toBe(right);
  });
});

describe('blocks', () => {
  test.each([
    ['10.0.0.0/8', '10.96.0.0/16', true],
    ['10.96.0.0/16', '10.0.0.0/8', true],
    ['10.96.0.0/16', '10.97.0.0/16', false],
    ['10.96.0.0/16', '10.96.0.0/16', true],
  ])('%s and %s overlap: %s', (a, b, result) => expect(overlaps(cidr(a), cidr(b))).toBe(result));

  test('hold their first and last address and no other', () => {
    const block = cidr('10.96.0.0/30');
    const value = (text: string): bigint => {
      const address = parseAddress(text);
      return address.kind === 'ipv4' ? address.value : -1n;
    };
    const inside = ['10.95.255.255', '10.96.0.0', '10.96.0.3', '10.96.0.4'].map((text) => contains(block, value(text)));
    expect(inside).toEqual([false, true, true, false]);
    expect(sizeOf(block)).toBe(4n);
  });

  test('count addresses across octets and end where they end', () => {
    expect(nthAddress(cidr('10.96.0.0/16'), 10n)).toBe('10.96.0.10');
    expect(nthAddress(cidr('10.96.0.0/16'), 256n)).toBe('10.96.1.0');
    expect(() => nthAddress(cidr('10.96.0.0/30'), 4n)).toThrow(RangeError);
  });
});
