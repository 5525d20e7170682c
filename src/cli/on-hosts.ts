import type { RunContext } from '../engine/run-context.ts';
import { summaryOf } from '../engine/run.ts';
import { exitCodes } from '../errors/k8sup-error.ts';
import type { Io } from './io.ts';
import { runCommand } from './run.ts';
import type { Run, RunSpec } from './run.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';

export interface HostsSpec extends RunSpec {
  /** What can be judged before any host is reached. */
  readonly before?: (run: Run) => Promise<void>;
}

/** How the work on the hosts ended. */
export interface Ended {
  readonly code: number;
  readonly context: RunContext;
}

/** The frame of every command that works on all hosts: that of {@link runCommand}, with connections that end with it. */
export function onHosts(
  spec: HostsSpec,
  io: Io,
  work: (run: Run, session: Session) => Promise<Ended>,
): Promise<number> {
  return runCommand(spec, io, async (run) => {
    await spec.before?.(run);
    const { inventory, signal, emit } = run;
    await using session = await openSession(inventory, { signal, emit, concurrency: run.flags.concurrency });
    const { code, context } = await work(run, session);
    const ok = code === exitCodes.ok || code === exitCodes.changes;
    return { code, summary: summaryOf(context, { bytesSent: session.bytesSent(), ok }) };
  });
}
