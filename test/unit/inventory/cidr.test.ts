import { describe, expect, test } from 'vitest';
import {
  contains,
  formatAddress,
  formatCidr,
  hasHostBits,
  nthAddress,
  overlaps,
  parseAddress,
  parseCidr,
  sizeOf,
} from '../../../src/inventory/cidr.ts';
import type { Address, Cidr } from '../../../src/inventory/cidr.ts';

function cidr(text: string): Cidr {
  const result = parseCidr(text);
  if (!('cidr' in result)) throw new Error(text);
  return result.cidr;
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address.kind === 'none') throw new Error(text);
  return address;
}

describe('addresses', () => {
  test.each([
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fd00::0:11', 'fd00::11'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s is usually written %s', (text, usual) => expect(formatAddress(addressOf(text))).toBe(usual));

  test.each([
    ['fd00::1', 'uniqueLocal'],
    ['fe80::1', 'linkLocal'],
    ['::ffff:10.0.0.1', 'ipv4Mapped'],
  ])('%s is %s', (text, range) => expect(addressOf(text).range).toBe(range));

  test.each(['fe80::1%eth0', '::g', '1.2.3', 'a'])('%s is none', (text) =>
    expect(parseAddress(text)).toEqual({ kind: 'none' }),
  );
});

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
    'fd00::/129',
    'fd00::%eth0/64',
    'fd00:::/64',
  ])('refuses %s', (text) => expect(parseCidr(text)).toEqual({ reason: 'syntax' }));
  test.each([
    ['10.96.3.7/16', true, '10.96.0.0/16'],
    ['10.96.0.0/16', false, '10.96.0.0/16'],
    ['255.255.255.255/32', false, '255.255.255.255/32'],
    ['1.2.3.4/0', true, '0.0.0.0/0'],
    ['fd00:0:0:1::/64', false, 'fd00:0:0:1::/64'],
    ['FD00:0010::7/56', true, 'fd00:10::/56'],
    ['::/0', false, '::/0'],
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
    ['fd00::/16', 'fd00:10:244::/56', true],
    ['fd00::/64', 'fd00:0:0:1::/64', false],
    ['::/0', '10.0.0.0/8', false],
  ])('%s and %s overlap: %s', (a, b, result) => expect(overlaps(cidr(a), cidr(b))).toBe(result));

  test('hold their first and last address and no other', () => {
    const block = cidr('10.96.0.0/30');
    const texts = ['10.95.255.255', '10.96.0.0', '10.96.0.3', '10.96.0.4', '::a60:1'];
    expect(texts.map((text) => contains(block, addressOf(text)))).toEqual([false, true, true, false, false]);
    expect(sizeOf(block)).toBe(4n);
    expect(sizeOf(cidr('fd00::/64'))).toBe(2n ** 64n);
  });

  test('count addresses across octets and end where they end', () => {
    expect(nthAddress(cidr('10.96.0.0/16'), 10n)).toBe('10.96.0.10');
    expect(nthAddress(cidr('10.96.0.0/16'), 256n)).toBe('10.96.1.0');
    expect(nthAddress(cidr('fd00:10:96::/112'), 10n)).toBe('fd00:10:96::a');
    expect(() => nthAddress(cidr('10.96.0.0/30'), 4n)).toThrow(RangeError);
  });
});
