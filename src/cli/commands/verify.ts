import type { CheckResult } from '../../engine/events.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { proveCluster } from '../prove.ts';
import { whyUnreachable } from '../session.ts';
import type { Session } from '../session.ts';

/** `k8sup verify`: proves what it can reach; a host that it cannot reach is a check that failed. */
export function verify(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  const spec = { ...request, command: 'verify', writes: true, partial: true };
  return onHosts(spec, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    const missing = missingHosts(session);
    for (const check of missing) run.emit({ type: 'check', check });
    const code = await proveCluster(run, context);
    return missing.length === 0 ? code : exitCodes.verification;
  });
}

function missingHosts({ unreachable }: Session): readonly CheckResult[] {
  return [...unreachable].map(([host, error]) => {
    return {
      name: 'host',
      tried: `${host} over SSH`,
      result: `unreachable: ${whyUnreachable(error)}`,
      ok: false,
      durationMs: 0,
    };
  });
}
