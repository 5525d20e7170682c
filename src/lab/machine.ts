import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from './run.ts';
import { hasCode } from './processes.ts';
import { withLock } from './lock.ts';
import { parseMountInfo } from './mounts.ts';
import { labsRoot } from './model.ts';
import { labNames } from './record.ts';

/**
 * Settings outside `net.*` are shared by the machine and all labs. These are what systemd, kubelet, container runtimes and k8sup write; the rest of
 * a lab host's boot leaves alone.
 */
const sharedSysctls: readonly string[] = [
  'fs/aio-max-nr',
  'fs/file-max',
  'fs/inotify/max_queued_events',
  'fs/inotify/max_user_instances',
  'fs/inotify/max_user_watches',
  'fs/may_detach_mounts',
  'fs/nr_open',
  'fs/protected_fifos',
  'fs/protected_hardlinks',
  'fs/protected_regular',
  'fs/protected_symlinks',
  'fs/suid_dumpable',
  'kernel/core_pattern',
  'kernel/core_uses_pid',
  'kernel/keys/maxbytes',
  'kernel/keys/maxkeys',
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/pid_max',
  'kernel/printk',
  'kernel/softlockup_panic',
  'kernel/sysrq',
  'kernel/threads-max',
  'vm/dirty_background_ratio',
  'vm/dirty_ratio',
  'vm/max_map_count',
  'vm/min_free_kbytes',
  'vm/overcommit_memory',
  'vm/overcommit_ratio',
  'vm/panic_on_oom',
  'vm/swappiness',
  'vm/vfs_cache_pressure',
];

interface Baseline {
  readonly sysctls: Readonly<Record<string, string>>;
  /** Whether /run/netns was a mount before the first `ip netns add` made it one. */
  readonly netnsMounted: boolean;
}

const baselineFile = join(labsRoot, '.machine.json');
const netnsDirectory = '/run/netns';

/** Writes down the machine's shared settings before its first lab; further labs find the record there. */
export async function recordMachine(signal: AbortSignal): Promise<void> {
  await underLock(signal, async () => {
    await mkdir(labsRoot, { recursive: true, mode: 0o700 });
    const mounts = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
    const baseline: Baseline = {
      sysctls: await readSysctls(),
      netnsMounted: mounts.some((mount) => mount.mountPoint === netnsDirectory),
    };
    await writeFile(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`, { flag: 'wx' }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  });
}

const instances = 'fs/inotify/max_user_instances';

/**
 * Lets the hosts of a lab have what root of one machine has too little of: without it the systemd of the thirtieth host finds no inotify instance left.
 * The record has what it was before.
 */
export async function makeRoom(hosts: number, signal: AbortSignal): Promise<void> {
  await underLock(signal, async () => {
    const wanted = inotifyInstances(hosts, Number(await readSysctl(instances)));
    if (wanted !== undefined) await writeFile(join('/proc/sys', instances), `${String(wanted)}\n`);
  });
}

/** The limit on inotify instances that so many hosts need; undefined where the present one will do. Pure. */
export function inotifyInstances(hosts: number, now: number): number | undefined {
  // Some times what systemd, journald, logind, a kubelet and a runtime have.
  const needed = hosts * 32;
  return needed > now ? needed : undefined;
}

/** Puts the machine's shared settings back when its last lab has gone. */
export async function restoreMachine(signal: AbortSignal): Promise<void> {
  await underLock(signal, async () => {
    if ((await labNames()).length > 0) return;
    const baseline = await readBaseline();
    if (baseline !== undefined) {
      await restoreSysctls(baseline.sysctls, signal);
      if (!baseline.netnsMounted) await removeNetnsDirectory(signal);
      await rm(baselineFile);
    }
    await rmdir(labsRoot).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error;
    });
  });
}

/** Values of {@link sharedSysctls} that this kernel has. */
async function readSysctls(): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of sharedSysctls) {
    const value = await readSysctl(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

async function readSysctl(name: string): Promise<string | undefined> {
  try {
    return (await readFile(join('/proc/sys', name), 'utf8')).trimEnd();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function restoreSysctls(values: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    signal.throwIfAborted();
    if ((await readSysctl(name)) !== value) await writeFile(join('/proc/sys', name), `${value}\n`);
  }
}

async function readBaseline(): Promise<Baseline | undefined> {
  try {
    return JSON.parse(await readFile(baselineFile, 'utf8')) as Baseline;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function removeNetnsDirectory(signal: AbortSignal): Promise<void> {
  try {
    if ((await readdir(netnsDirectory)).length > 0) return;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await attempt('umount', [netnsDirectory], { signal, timeoutMs: 10_000 });
  await rmdir(netnsDirectory);
}

function underLock(signal: AbortSignal, body: () => Promise<void>): Promise<void> {
  const holder = 'Another "k8sup lab" is starting or ending a lab.';
  return withLock('/run/lock/k8sup-lab.lock', { signal, waitSeconds: 30, holder }, body);
}
