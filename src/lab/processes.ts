import { readFileSync } from 'node:fs';

/** A process as a lab records it. Ids are used again by the kernel, so the start time belongs to it. */
export interface ProcessId {
  readonly role: string;
  readonly pid: number;
  /** Clock ticks after boot, field 22 of proc_pid_stat(5). */
  readonly startTime: string;
}

/** Reads the lines `ROLE PID STARTTIME` of a host's record; a line cut off by a crash is left out. */
export function parseProcesses(text: string): readonly ProcessId[] {
  return [...text.matchAll(/^([a-z]+) ([0-9]+) ([0-9]+)$/gm)].map(([, role = '', pid, startTime = '']) => ({
    role,
    pid: Number(pid),
    startTime,
  }));
}

/** Start time out of /proc/PID/stat; undefined for a zombie, which runs no more. */
export function parseStartTime(stat: string): string | undefined {
  // The name before ") " is in parentheses and may itself hold spaces and parentheses.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/** Whether that very process runs, not another one with its id. */
export function isAlive(process: ProcessId): boolean {
  return startTimeOf(process.pid) === process.startTime;
}

/** Sends SIGKILL to that very process, if it is still there. */
export function endProcess(id: ProcessId): void {
  if (isAlive(id)) kill(id.pid);
}

/** Sends SIGKILL; a process that has gone in the meantime is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function startTimeOf(pid: number): string | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
