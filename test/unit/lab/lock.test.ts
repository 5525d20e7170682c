import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock, type LockOptions } from '../../../src/lab/lock.ts';

const options: LockOptions = { signal: new AbortController().signal, waitSeconds: 0, holder: 'Somebody else works.' };

describe('withLock', () => {
  let path: string;
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'k8sup-lock-')), 'below/lock');
  });
  afterEach(() => rm(join(path, '../..'), { recursive: true }));

  it('gives what the body gives, and keeps others out meanwhile', async () => {
    const inner = withLock(path, options, () =>
      withLock(path, options, () => Promise.resolve('inner')).catch((error: unknown) => error),
    );
    expect(await inner).toMatchObject({ code: 'LAB_LOCKED', kind: 'lock' });
    expect(await withLock(path, options, () => Promise.resolve('after'))).toBe('after');
  });

  it('is free again after a body that failed', async () => {
    await expect(withLock(path, options, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(path, options, () => Promise.resolve(1))).toBe(1);
  });

  it('stops to wait when it is told to', async () => {
    const stop = new AbortController();
    await withLock(path, options, async () => {
      const waiting = withLock(path, { ...options, signal: stop.signal, waitSeconds: 60 }, () => Promise.resolve());
      stop.abort(new Error('stopped'));
      await expect(waiting).rejects.toThrow('stopped');
    });
  });
});
