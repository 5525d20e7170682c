import { expect, test } from 'vitest';
import { chosenInterface } from '../../../src/inventory/interface-choice.ts';
import type { InterfaceChoice } from '../../../src/inventory/interface-choice.ts';

const links = {
  addresses: [
    { interface: 'lo', cidr: '127.0.0.1/8' },
    { interface: 'eth0', cidr: '192.0.2.99/24' },
    { interface: 'eth0', cidr: '192.0.2.11/24' },
    { interface: 'eth1', cidr: '198.51.100.11/25' },
    { interface: 'wg0', cidr: 'fd00::1/64' },
  ],
  routes: [
    { cidr: '192.0.2.0/24', interface: 'eth0' },
    { cidr: '198.51.0.0/16', interface: 'eth0' },
    { cidr: '198.51.100.0/25', interface: 'eth1' },
  ],
  defaultInterface: 'eth0',
};

test.each<[InterfaceChoice['by'], string, string | undefined]>([
  ['name', 'eth0', 'eth0 192.0.2.11/24'],
  ['name', 'eth1', 'eth1 198.51.100.11/25'],
  ['name', 'wg0', undefined],
  ['name', 'eth7', undefined],
  ['address', '192.0.2.99', 'eth0 192.0.2.99/24'],
  ['address', '192.0.2.12', undefined],
  ['regex', '^eth', 'eth0 192.0.2.11/24'],
  ['regex', '1$', 'eth0 192.0.2.11/24'],
  ['regex', '^198\\.', 'eth1 198.51.100.11/25'],
  ['regex', '^lo$', undefined],
  ['can-reach', '198.51.100.5', 'eth1 198.51.100.11/25'],
  ['can-reach', '198.51.100.200', 'eth0 192.0.2.11/24'],
  ['can-reach', '203.0.113.1', 'eth0 192.0.2.11/24'],
])('by %s %s it is %s', (by, value, wanted) => {
  const found = chosenInterface({ by, value, setting: 'x' }, '192.0.2.11', links);
  expect(found === undefined ? undefined : `${found.name} ${found.address}/${String(found.prefix)}`).toBe(wanted);
});

test('without a choice it is that of the address; without a default route some are out of reach', () => {
  expect(chosenInterface(undefined, '198.51.100.11', links)?.name).toBe('eth1');
  const choice = { by: 'can-reach', value: '203.0.113.1', setting: 'x' } as const;
  expect(chosenInterface(choice, '192.0.2.11', { ...links, defaultInterface: undefined })).toBeUndefined();
});
