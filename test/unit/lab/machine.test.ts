import { expect, it } from 'vitest';
import { inotifyInstances } from '../../../src/lab/machine.ts';

it('asks for room for many hosts, and for none where there is enough', () => {
  expect(inotifyInstances(50, 128)).toBeGreaterThanOrEqual(1000);
  expect(inotifyInstances(3, 128)).toBeUndefined();
  expect(inotifyInstances(50, 8192)).toBeUndefined();
});
