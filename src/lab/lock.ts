import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { K8supError } from '../errors/k8sup-error.ts';

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Seconds to wait for another holder. */
  readonly waitSeconds: number;
  /** What another holder is doing, for the error: `another "k8sup lab" works on lab x`. */
  readonly holder: string;
}

/**
 * Runs `body` while an exclusive lock on `path` is held. The kernel holds it for a child whose standard input is a pipe from this process, so that
 * it is free again however this process ends. The file stays: taking it away would let two waiters lock two files.
 *
 * @throws {@link K8supError} `LAB_LOCKED` after the wait.
 */
export async function withLock<T>(path: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  options.signal.throwIfAborted();
  const holder = execa('flock', ['--timeout', String(options.waitSeconds), path, 'sh', '-c', 'echo locked; exec cat'], {
    // A Ctrl-C reaches the whole foreground group: the lock must outlive it, as the clean-up runs under it.
    detached: true,
    cleanup: true,
    stdin: 'pipe',
    stdout: 'pipe',
    reject: false,
    buffer: false,
  });
  const giveUp = () => holder.kill();
  options.signal.addEventListener('abort', giveUp, { once: true });
  const locked = await new Promise<boolean>((settle) => {
    holder.stdout.once('data', () => settle(true));
    void holder.then(() => settle(false));
  });
  options.signal.removeEventListener('abort', giveUp);
  if (!locked) {
    options.signal.throwIfAborted();
    throw lockedError(path, options, (await holder).shortMessage);
  }
  try {
    return await body();
  } finally {
    holder.stdin.end();
    await holder;
  }
}

function lockedError(path: string, options: LockOptions, cause: string | undefined): K8supError {
  return new K8supError({
    code: 'LAB_LOCKED',
    kind: 'lock',
    what: `could not get the lock ${path} within ${options.waitSeconds} s`,
    why: `${options.holder} (${cause ?? 'flock ended'})`,
    fix: 'Wait until it has ended, then try again.',
  });
}
