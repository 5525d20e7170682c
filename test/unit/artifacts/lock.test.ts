import { hostname } from 'node:os';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { withFileLock } from '../../../src/artifacts/lock.ts';
import { never, temporaryFolder } from './temporary.ts';

function options(onWait: (holder: string) => void = () => undefined) {
  return { signal: never, onWait };
}

test('a second holder waits until the first has ended, and is told who holds it', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a.lock');
  const order: string[] = [];
  const entered = deferred<undefined>();
  const gate = deferred<undefined>();
  const first = withFileLock(path, options(), async () => {
    entered.resolve(undefined);
    await gate.promise;
    order.push('first');
  });
  await entered.promise;
  const waits = deferred<string>();
  const second = withFileLock(path, options(waits.resolve), () => Promise.resolve(order.push('second')));
  expect(await waits.promise).toBe(`process ${process.pid}`);
  gate.resolve(undefined);
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'second']);
});

test.each([
  ['of a process that is gone', `4194305 123 ${hostname()}\n`],
  ['of another process with a used id', `${process.pid} 1 ${hostname()}\n`],
  ['that is empty', ''],
  ['that is cut off', '12'],
  ['that is no lock at all', `x y ${hostname()}\n`],
])('a lock %s is taken over', async (_name, text) => {
  await using folder = await temporaryFolder();
  const path = await folder.write('a.lock', text);
  await expect(withFileLock(path, options(), () => Promise.resolve('done'))).resolves.toBe('done');
  expect(await readdir(folder.path)).toEqual([]);
});

test("another machine's lock is waited for, then named", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('a.lock', '12 34 elsewhere\n');
  const held = withFileLock(path, { ...options(), limitMs: -1 }, () => Promise.resolve());
  await expect(held).rejects.toMatchObject({
    code: 'ARTIFACT_LOCKED',
    why: expect.stringContaining('12 34 elsewhere') as string,
  });
});

test('the lock is free again after a failure', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a.lock');
  await expect(withFileLock(path, options(), () => Promise.reject(new Error('broken off')))).rejects.toThrow(
    'broken off',
  );
  expect(await readdir(folder.path)).toEqual([]);
});

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve: (value: T) => resolve(value) };
}
