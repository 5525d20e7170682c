import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from '../engine/events.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { eventLine } from './event-line.ts';
import { journalName } from './journal/read.ts';

/** The file that holds every event of one run. */
export interface RunLog {
  readonly emit: Emit;
  readonly path: string;
  /** @throws K8supError `LOG_NOT_WRITTEN` when some of the events could not be written, for example on a full disk. */
  close(): void;
}

/** Logs kept in one folder, the new one included. */
const keep = 50;

/**
 * Opens `DIR/logs/TIME-COMMAND.ndjson`, readable by the owner alone, and takes away all but the newest logs. Lines are written at once, so that a
 * killed run leaves its whole story.
 *
 * @param dir - the cluster's state folder, `.k8sup/CLUSTER`.
 * @throws K8supError `LOG_NOT_WRITTEN`
 */
export function openLog(dir: string, command: string, now: () => Date): RunLog {
  const folder = join(dir, 'logs');
  const file = attempt(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    prune(folder);
    return create(folder, baseName(command, now()));
  });
  let failure: unknown;
  return {
    path: file.path,
    emit: (event) => {
      if (failure !== undefined) return;
      try {
        appendFileSync(file.descriptor, eventLine(event, now()));
      } catch (error) {
        failure = error;
      }
    },
    close: () => {
      closeSync(file.descriptor);
      if (failure !== undefined) throw notWritten(file.path, failure);
    },
  };
}

interface LogFile {
  readonly path: string;
  readonly descriptor: number;
}

function baseName(command: string, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(':', '-');
  return `${stamp}-${command.replace(/[^A-Za-z0-9.]+/g, '-')}`;
}

/** Opens with O_EXCL: never a file, or a link, that is there already. Two runs of one second get different names. */
function create(folder: string, base: string): LogFile {
  for (let number = 1; ; number += 1) {
    const path = join(folder, `${base}${number === 1 ? '' : `.${number}`}.ndjson`);
    try {
      return { path, descriptor: openSync(path, 'wx', 0o600) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** Runs before the new log is made, which so can never be the one that goes, even when the clock was put back. */
function prune(folder: string): void {
  const logs = readdirSync(folder).filter((name) => journalName.test(name));
  for (const name of logs.sort().slice(0, 1 - keep)) rmSync(join(folder, name), { force: true });
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, cause: unknown): K8supError {
  return new K8supError({
    code: 'LOG_NOT_WRITTEN',
    kind: 'usage',
    what: `the log of this run cannot be written in ${path}`,
    why: messageOf(cause),
    fix: 'make the folder writable for this user, and see that the disk is not full',
    cause,
  });
}
