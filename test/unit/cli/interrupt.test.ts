import { expect, it } from 'vitest';
import { listenForInterrupt } from '../../../src/cli/interrupt.ts';

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops softly at the first %s, and at once at the second', (name) => {
  const told: string[] = [];
  using interrupt = listenForInterrupt((text) => void told.push(text));
  expect(interrupt.stop.aborted).toBe(false);
  process.emit(name, name);
  expect([interrupt.stop.aborted, interrupt.signal.aborted]).toEqual([true, false]);
  expect(interrupt.stop.reason).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  expect(told).toHaveLength(1);
  process.emit(name, name);
  expect(interrupt.signal.aborted).toBe(true);
  expect(interrupt.signal.reason).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  expect(told).toHaveLength(1);
});

it('no longer listens when it is done', () => {
  const before = process.listenerCount('SIGINT');
  const interrupt = listenForInterrupt(() => undefined);
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  interrupt[Symbol.dispose]();
  expect(process.listenerCount('SIGINT')).toBe(before);
  expect(process.listenerCount('SIGTERM')).toBe(before);
  expect(process.listenerCount('SIGHUP')).toBe(before);
});
