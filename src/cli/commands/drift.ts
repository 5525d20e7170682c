import { clusterTarget } from '../../engine/events.ts';
import type { RunEvent } from '../../engine/events.ts';
import { leftFile, parseLeft } from '../../engine/left.ts';
import type { Left } from '../../engine/left.ts';
import { runStages } from '../../engine/run.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { siteOf } from '../../../playbooks/site.ts';
import { refuseWaiting } from '../../pki/index.ts';
import { renderDrift } from '../../report/index.ts';
import { sh } from '../../shell/sh.ts';
import { makeContext } from '../context.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import { ownResult } from '../look-on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { onHosts } from '../on-hosts.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';

type ChangeEvent = Extract<RunEvent, { type: 'change' }>;

/** `k8sup drift`: a plan that trusts no record of a hash, in which each difference has its cause. */
export function drift(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  const { inventory, flags } = request;
  const shown = ownResult(flags);
  return onHosts({ command: 'drift', inventory, ...shown, writes: false }, io, async (run, session) => {
    const found: ChangeEvent[] = [];
    const emit = (event: RunEvent): void => {
      // What nothing can be known of yet is no drift: nobody has left it there. Notes are of what an apply would run.
      if (event.type === 'pending' || event.type === 'note') return;
      if (event.type === 'change') found.push(event);
      run.emit(event);
    };
    const context = await makeContext({ ...run, emit }, session, 'plan');
    refuseWaiting(context.pki);
    const left = await readLeft(run, session);
    const outcome = await runStages(siteOf(run.inventory), { ...context, left });
    if (outcome.error !== undefined) return describeError(outcome.error);
    if (shown.quiet)
      io.out.write(`${renderDrift(found, { diff: flags.diff === true, columns: io.out.columns ?? 120 })}\n`);
    return found.length > 0 ? exitCodes.changes : exitCodes.ok;
  });
}

/** What the last apply left on each host that may be looked at. */
async function readLeft(run: Run, session: Session): Promise<ReadonlyMap<string, ReadonlyMap<string, Left>>> {
  const entries = run.hosts.map(async (host) => {
    const script = sh`[ ! -e ${leftFile} ] || cat ${leftFile}`;
    const result = await session.connection(host).read(script.sh, { signal: run.signal, timeoutMs: 60_000 });
    return [host.name, parseLeft(result.stdout)] as const;
  });
  return new Map([...(await Promise.all(entries)), [clusterTarget, new Map<string, Left>()]]);
}
