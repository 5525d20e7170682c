import { exitCodes } from '../../errors/k8sup-error.ts';
import { renderCertificates } from '../../report/index.ts';
import type { Io } from '../io.ts';
import { lookOnHosts } from '../look-on-hosts.ts';
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
export function listCertificates({ inventory, flags, below }: ListRequest, io: Io): Promise<number> {
  return lookOnHosts({ command: 'certs', inventory, flags }, io, async (context) => {
    const found = await readHosts(context);
    const rows = [...storeRows(context.pki), ...hostRows(found)];
    const list = { certificates: rows, rotations: rotationsOf(context.pki) };
    const ending = rows.some((row) => row.daysLeft < below && row.use !== 'on disk only');
    return {
      event: { type: 'certificates', ...list },
      text: (columns) => renderCertificates(list, below, columns),
      // A watch that asks by --below must not take what it has not seen for good.
      code: ending
        ? exitCodes.expiring
        : found.size < context.inventory.hosts.length
          ? exitCodes.connection
          : exitCodes.ok,
    };
  });
}
