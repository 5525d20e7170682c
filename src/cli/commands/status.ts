import { siteOf } from '../../../playbooks/site.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { renderStatus } from '../../report/index.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { onHosts } from '../on-hosts.ts';
import type { Session } from '../session.ts';
import { readClusterStatus } from '../status/cluster.ts';
import { isHealthy } from '../status/healthy.ts';
import { readHostStatus } from '../status/hosts.ts';
import { certificateStatus } from '../status/certificates.ts';

/** `k8sup status`: looks only, at what answers. The exit code is 0 when everything that should run is healthy. */
export function status(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  const flags = { ...request.flags, output: request.flags.output === 'json' ? 'json' : 'plain' } as const;
  const quiet = flags.output !== 'json';
  const spec = { command: 'status', inventory: request.inventory, flags, writes: false, quiet, partial: true };
  return onHosts(spec, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    const found = await readStatus(context, session);
    if (flags.output === 'json') run.emit({ type: 'status', status: found });
    else if (flags.quiet !== true) io.out.write(`${renderStatus(found, io.out.columns ?? 120)}\n`);
    return isHealthy(found) ? exitCodes.ok : exitCodes.verification;
  });
}

async function readStatus(context: RunContext, session: Session) {
  const [hosts, cluster] = await Promise.all([
    readHostStatus(context, session, siteOf(context.inventory)),
    readClusterStatus(context),
  ]);
  return {
    ...cluster,
    hosts: hosts.map(({ status }) => status),
    certificates: certificateStatus(context, hosts),
  };
}
