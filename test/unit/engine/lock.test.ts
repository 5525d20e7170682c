import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeLock } from '../../../src/engine/lock.ts';
import { describeHolder } from '../../../src/engine/lock-holder.ts';
import type { LockHolder } from '../../../src/engine/lock-holder.ts';

vi.mock('node:os', async (importActual) => {
  const actual = await importActual<typeof os>();
  return { ...actual, userInfo: vi.fn(actual.userInfo) };
});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const lock = (): string => join(folder, 'state', 'lock');

/** Leaves the lock of another process behind. */
async function left(changes: Partial<LockHolder> = {}): Promise<void> {
  rmSync(lock(), { force: true });
  const release = await takeLock(lock(), 'apply');
  const holder = JSON.parse(readFileSync(lock(), 'utf8')) as LockHolder;
  await release();
  writeFileSync(lock(), JSON.stringify({ ...holder, ...changes }));
}

describe('the lock of a cluster', () => {
  it('is for its owner alone, and gone when it is released', async () => {
    const release = await takeLock(lock(), 'apply');
    expect(statSync(lock()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    await release();
    expect(existsSync(lock())).toBe(false);
    await (
      await takeLock(lock(), 'apply')
    )();
  });

  it('is refused while its holder lives, who is named', async () => {
    const release = await takeLock(lock(), 'apply');
    await expect(takeLock(lock(), 'clean')).rejects.toMatchObject({
      code: 'CLUSTER_LOCKED',
      kind: 'lock',
      why: expect.stringContaining(`k8sup apply of `) as string,
    });
    await expect(takeLock(lock(), 'clean')).rejects.toMatchObject({
      why: expect.stringContaining(`process ${process.pid}`) as string,
    });
    expect(existsSync(lock())).toBe(true);
    await release();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn('true');
    await new Promise((resolve) => child.once('exit', resolve));
    await left({ pid: child.pid ?? 0 });
    const release = await takeLock(lock(), 'apply');
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: process.pid });
    await release();
  });

  it('is taken over where another process has its number now', async () => {
    await left({ processStart: '12345' });
    await (
      await takeLock(lock(), 'apply')
    )();
  });

  it('of another machine is never taken over', async () => {
    await left({ host: `not-${hostname()}`, pid: 1, processStart: 'x' });
    await expect(takeLock(lock(), 'apply')).rejects.toMatchObject({ code: 'CLUSTER_LOCKED' });
    expect(existsSync(lock())).toBe(true);
  });

  it('is taken over after a restart of the machine, whatever runs under its number now', async () => {
    await left({ bootId: 'another' });
    await (
      await takeLock(lock(), 'apply')
    )();
  });

  it('of another container with this host name is never taken over', async () => {
    await left({ pidNamespace: 'pid:[1]', processStart: 'x' });
    await expect(takeLock(lock(), 'apply')).rejects.toMatchObject({ code: 'CLUSTER_LOCKED' });
    expect(existsSync(lock())).toBe(true);
  });

  it('is taken over by one of many who find it stale at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      await left({ processStart: String(round) });
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(lock(), 'apply')));
      const [winner, ...others] = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(winner).toBeDefined();
      expect(others).toEqual([]);
      expect(readdirSync(join(folder, 'state'))).toEqual(['lock']);
      await winner?.();
    }
  });

  it('is taken over also where a process died while it took it over', async () => {
    await left({ processStart: '12345' });
    for (const guard of ['.takeover', '.takeover.takeover']) {
      writeFileSync(`${lock()}${guard}`, readFileSync(lock(), 'utf8'));
    }
    const release = await takeLock(lock(), 'apply');
    expect(readdirSync(join(folder, 'state'))).toEqual(['lock']);
    await release();
  });

  it('is left alone by a holder whose lock was removed and taken by another', async () => {
    const release = await takeLock(lock(), 'apply');
    await left({ pid: 1 });
    await release();
    expect(existsSync(lock())).toBe(true);
  });

  it.each(['', '{"pid":', 'null', '{"pid":1}'])(
    'that cannot be read (%j) is left for a person to judge',
    async (text) => {
      await left();
      writeFileSync(lock(), text);
      await expect(takeLock(lock(), 'apply')).rejects.toMatchObject({ code: 'LOCK_UNREADABLE' });
      expect(existsSync(lock())).toBe(true);
    },
  );

  it('goes to one of many who want it at once', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(lock(), 'apply')));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

it('describes a holder in one line', async () => {
  expect(await describeHolder('apply')).toMatch(
    new RegExp(`^k8sup apply of \\S+@${hostname()}, process ${process.pid}, since \\d{4}-.*Z$`),
  );
});

it('describes a user without a name by the number', async () => {
  vi.mocked(os.userInfo).mockImplementationOnce(() => {
    throw Object.assign(new Error('no such user'), { code: 'ERR_SYSTEM_ERROR' });
  });
  expect(await describeHolder('apply')).toContain(` of uid ${String(process.getuid?.())}@`);
});
