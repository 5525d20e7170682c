import { exitCodes } from '../../errors/k8sup-error.ts';
import { renderCertificates } from '../../report/index.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { readHosts } from './read-hosts.ts';
import { hostRows, rotationsOf, storeRows } from './rows.ts';

export interface ListRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Days; the exit code tells of certificates in use that have less. */
  readonly below: number;
}

/** `k8sup certs`: every certificate of the cluster, from the store, from the hosts, and as it is shown to whoever connects. */
export function listCertificates({ inventory, flags: given, below }: ListRequest, io: Io): Promise<number> {
  const flags = { ...given, output: given.output === 'json' ? 'json' : 'plain' } as const;
  const quiet = flags.output !== 'json';
  const spec = { command: 'certs', inventory, flags, writes: false, quiet, partial: true };
  return onHosts(spec, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    const rows = [...storeRows(context.pki), ...hostRows(await readHosts(context))];
    const list = { certificates: rows, rotations: rotationsOf(context.pki) };
    if (flags.output === 'json') run.emit({ type: 'certificates', ...list });
    else if (flags.quiet !== true) io.out.write(`${renderCertificates(list, below, io.out.columns ?? 120)}\n`);
    const ending = rows.some((row) => row.daysLeft < below && row.use !== 'on disk only');
    return ending ? exitCodes.expiring : exitCodes.ok;
  });
}
