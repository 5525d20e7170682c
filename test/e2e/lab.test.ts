import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { k8sup, noLab } from '../support/lab.ts';
import { waitUntil } from '../support/observe.ts';

const name = 'e2e-lab';
const program = new URL('../../dist/src/main.js', import.meta.url).pathname;

describe.skipIf(noLab !== undefined)(
  `lab down leaves nothing on this machine${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let dir: string;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), `k8sup-${name}-`));
      await k8sup('lab', 'down', '--name', name);
    });
    afterEach(async () => {
      await k8sup('lab', 'down', '--name', name);
      rmSync(dir, { recursive: true, force: true });
    });

    test('after lab up', async () => {
      expect((await k8sup('lab', 'up', '--hosts', '1', '--name', name, '--dir', dir)).exitCode).toBe(0);
      const up = traces();
      expect(up.namespace).toBe(true);
      expect(up.mounts.length).toBeGreaterThan(0);
      expect(up.processes.length).toBeGreaterThan(0);
      expect((await k8sup('lab', 'exec', 'h1', '--name', name, '--', 'hostname')).stdout).toBe('h1');
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      expect(traces(up)).toEqual(nothing);
      expect(existsSync(dir)).toBe(false);
      expect((await k8sup('lab', 'list')).stdout).not.toContain(name);
    });

    test('after a host that was killed from outside', async () => {
      expect((await k8sup('lab', 'up', '--hosts', '1', '--name', name, '--dir', dir)).exitCode).toBe(0);
      const up = traces();
      for (const pid of up.processes) if (commandOf(pid).includes('systemd-nspawn')) process.kill(pid, 'SIGKILL');
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      expect(traces(up)).toEqual(nothing);
    });

    test('after a lab up that was killed half-way', async () => {
      const up = spawn(process.execPath, [program, 'lab', 'up', '--hosts', '1', '--name', name, '--dir', dir], {
        stdio: 'ignore',
      });
      await waitUntil(() => Promise.resolve(traces().processes.length > 0), 60);
      const before = traces();
      up.kill('SIGKILL');
      await once(up, 'exit');
      expect((await k8sup('lab', 'list')).stdout).toMatch(/e2e-lab.*half-made/);
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      // A program that lab up had started for a look ends by itself.
      await waitUntil(() => Promise.resolve(traces(before).processes.length === 0), 10);
      expect(traces(before)).toEqual(nothing);
    });
  },
);

/** What a lab has on the machine, by everything that bears its name or lives in its network namespace. */
interface Traces {
  readonly namespace: boolean;
  /** Inode of the namespace, as in `net:[4026531840]`. */
  readonly inode: string;
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly number[];
}

const nothing = expect.objectContaining({ namespace: false, mounts: [], cgroups: [], processes: [] }) as unknown;

function traces(earlier?: Traces): Traces {
  const netns = `/run/netns/k8sup-${name}`;
  const namespace = existsSync(netns);
  const inode = namespace
    ? `net:[${execFileSync('stat', ['-L', '-c', '%i', netns], { encoding: 'utf8' }).trim()}]`
    : (earlier?.inode ?? '');
  return {
    namespace,
    inode,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(name)),
    cgroups: execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `*${name}*`], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean),
    processes: readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => (inode !== '' && namespaceOf(pid) === inode) || commandOf(pid).includes(`/${name}/`)),
  };
}

function namespaceOf(pid: number): string {
  return ofProcess(() => readlinkSync(`/proc/${String(pid)}/ns/net`));
}

function commandOf(pid: number): string {
  return ofProcess(() => readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replaceAll('\0', ' '));
}

/** A process may end while it is looked at. */
function ofProcess(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
