import { summaryOf } from '../../engine/run.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { proveCluster } from '../prove.ts';
import { runCommand } from '../run.ts';
import { openSession } from '../session.ts';

/** `k8sup verify`. */
export function verify(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  return runCommand(
    { command: 'verify', inventory: request.inventory, flags: request.flags, writes: true },
    io,
    async (run) => {
      await using session = await openSession(run.inventory, {
        signal: run.signal,
        concurrency: run.flags.concurrency,
        emit: run.emit,
      });
      const context = await makeContext(run, session, 'plan');
      const code = await proveCluster(run, context);
      return { code, summary: summaryOf(context, { durationMs: 0, bytesSent: session.bytesSent(), ok: code === 0 }) };
    },
  );
}
