import { siteOf } from '../../../playbooks/site.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { renderStatus } from '../../report/index.ts';
import type { Io } from '../io.ts';
import { lookOnHosts } from '../look-on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { warnOfRotations } from '../rotations.ts';
import type { Session } from '../session.ts';
import { readClusterStatus } from '../status/cluster.ts';
import { isHealthy } from '../status/healthy.ts';
import { readHostStatus } from '../status/hosts.ts';
import { certificateStatus } from '../status/certificates.ts';
import { warnOfNoCluster } from '../status/no-cluster.ts';

/** `k8sup status`: looks only, at what answers. The exit code is 0 when everything that should run is healthy. */
export function status(request: { readonly inventory: string; readonly flags: RunFlags }, io: Io): Promise<number> {
  return lookOnHosts({ ...request, command: 'status' }, io, async (context, session) => {
    warnOfNoCluster(session, context.emit);
    const found = await readStatus(context, session);
    warnOfRotations(context);
    return {
      event: { type: 'status', status: found },
      text: (columns) => renderStatus(found, columns),
      code: isHealthy(found) ? exitCodes.ok : exitCodes.verification,
    };
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
