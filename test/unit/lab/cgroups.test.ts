import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeCgroups } from '../../../src/lab/cgroups.ts';

it('removes nested groups, the empty parent too, and leaves another lab alone', async () => {
  const root = await mkdtemp(join(tmpdir(), 'k8sup-cgroups-'));
  try {
    await mkdir(join(root, 'cpu/k8sup-lab/a/h1-1/kubepods/pod'), { recursive: true });
    await mkdir(join(root, 'pids/k8sup-lab/a/h1-1'), { recursive: true });
    await mkdir(join(root, 'pids/k8sup-lab/b'), { recursive: true });
    const trees = ['cpu', 'pids', 'gone'].map((name) => join(root, name, 'k8sup-lab/a'));
    await removeCgroups(trees, new AbortController().signal);
    expect(existsSync(join(root, 'cpu/k8sup-lab'))).toBe(false);
    expect(existsSync(join(root, 'pids/k8sup-lab/a'))).toBe(false);
    expect(existsSync(join(root, 'pids/k8sup-lab/b'))).toBe(true);
  } finally {
    await rm(root, { recursive: true });
  }
});

it('ends the processes that are in them', async () => {
  const root = await mkdtemp(join(tmpdir(), 'k8sup-cgroups-'));
  const child = spawn('sleep', ['60']);
  const ended = new Promise((settle) => child.once('exit', (_, signal) => settle(signal)));
  try {
    const group = join(root, 'k8sup-lab/a/h1-1');
    await mkdir(group, { recursive: true });
    await writeFile(join(group, 'cgroup.procs'), `0\n${child.pid ?? 0}\n`);
    const stop = new AbortController();
    // A plain folder with a file in it is never empty, so the removal itself goes on until it is told to stop.
    const removal = removeCgroups([join(root, 'k8sup-lab/a')], stop.signal);
    expect(await ended).toBe('SIGKILL');
    stop.abort();
    await expect(removal).rejects.toThrow();
  } finally {
    await rm(root, { recursive: true });
  }
});
