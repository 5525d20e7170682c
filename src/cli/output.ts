import type { Emit } from '../engine/events.ts';
import { openLog, readHistory } from '../report/index.ts';
import type { RunLog } from '../report/index.ts';
import { openReporterFor } from './failure.ts';
import type { Io } from './io.ts';
import type { RunFlags } from './options.ts';

/** Where the events of one run go: to whoever looks, and to the run's log as soon as there is one. */
export interface Output {
  readonly emit: Emit;
  /**
   * @param dir - the cluster's state folder.
   * @throws K8supError `LOG_NOT_WRITTEN`, as {@link Output.closeLog} does.
   */
  openLog(dir: string, command: string): void;
  closeLog(): void;
  end(): Promise<void>;
}

/** @param quiet - shows errors and warnings alone. */
export function openOutput(io: Io, flags: RunFlags, quiet: boolean): Output {
  let log: RunLog | undefined;
  let folder: string | undefined;
  const reporter = openReporterFor(io, flags, {
    log: () => log?.path,
    history: (command) => (folder === undefined ? [] : readHistory(folder, command, log?.path)),
  });
  const closeLog = (): void => {
    const open = log;
    log = undefined;
    open?.close();
  };
  return {
    emit: (event) => {
      log?.emit(event);
      if (!quiet || event.type === 'error' || event.type === 'warning') reporter.emit(event);
    },
    openLog: (dir, command) => {
      folder = dir;
      log = openLog(dir, command, () => new Date());
    },
    closeLog,
    end: async () => {
      try {
        closeLog();
      } finally {
        await reporter.end();
      }
    },
  };
}
