import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { proveCluster } from '../prove.ts';

/** `k8sup verify`. */
export function verify(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  return onHosts({ ...request, command: 'verify', writes: true }, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    return { context, code: await proveCluster(run, context) };
  });
}
