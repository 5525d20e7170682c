import { expect, it } from 'vitest';
import { limitTo } from '../../../../src/transport/ssh/limit.ts';

const { signal } = new AbortController();

/** Work that ends when it is told to; notes its beginning. */
function jobs() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string) => async (): Promise<string> => {
    begun.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    return name;
  };
  return { begun, job, end: (name: string) => ends.get(name)?.() };
}

it('lets in as many as it says, and the next one when one has ended, in order', async () => {
  const { begun, job, end } = jobs();
  const limit = limitTo(2);
  const runs = ['a', 'b', 'c', 'd'].map((name) => limit(signal, job(name)));
  await Promise.resolve();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  expect(await runs[1]).toBe('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  ['a', 'c'].forEach(end);
  await runs[2];
  end('d');
  expect(await Promise.all(runs)).toEqual(['a', 'b', 'c', 'd']);
});

it('gives the place of work that failed to the next', async () => {
  const limit = limitTo(1);
  await expect(limit(signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await limit(signal, () => Promise.resolve('next'))).toBe('next');
});

it('lets those who wait leave when they are stopped, and nobody else loses a turn', async () => {
  const { begun, job, end } = jobs();
  const limit = limitTo(1);
  const stop = new AbortController();
  const first = limit(signal, job('first'));
  const leaves = limit(stop.signal, job('leaves'));
  const last = limit(signal, job('last'));
  stop.abort(new Error('stopped'));
  await expect(leaves).rejects.toThrow('stopped');
  end('first');
  await first;
  await Promise.resolve();
  end('last');
  expect(await last).toBe('last');
  expect(begun).toEqual(['first', 'last']);
  await expect(limit(stop.signal, job('late'))).rejects.toThrow('stopped');
});

it('lets fewer in once it is lowered, never less than one, and forgets nobody who waits', async () => {
  const { begun, job, end } = jobs();
  const limit = limitTo(3);
  const runs = ['a', 'b', 'c', 'd', 'e'].map((name) => limit(signal, job(name)));
  await Promise.resolve();
  limit.lower(0);
  end('a');
  end('b');
  await Promise.all(runs.slice(0, 2));
  expect([begun, limit.running]).toEqual([['a', 'b', 'c'], 1]);
  end('c');
  await runs[2];
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  end('d');
  await runs[3];
  end('e');
  await runs[4];
  expect(limit.running).toBe(0);
});
