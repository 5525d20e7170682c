import { rm } from 'node:fs/promises';
import { runStages } from '../../engine/run.ts';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { cleanStage } from '../../../playbooks/99.clean.ts';
import { makeCleanContext } from '../clean-context.ts';
import { confirm } from '../confirm.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { onHosts } from '../on-hosts.ts';
import { refuseForeignHosts } from '../own-hosts.ts';

export interface CleanRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly yes: boolean;
  /** The state folder is lost, so that only its name tells whose a host is. */
  readonly stateLost: boolean;
}

/** `k8sup clean`: takes the cluster off all hosts, from what each host has recorded. */
export async function clean(request: CleanRequest, io: Io): Promise<number> {
  refuseLimit(request.flags);
  const inventory = await loadInventory(request.inventory, networkPlugins);
  if (!request.yes) {
    const { name } = inventory.cluster;
    const loss = `This removes the cluster ${name}, with all its data, from ${inventory.hosts.length} hosts.`;
    await confirm({ command: 'clean', about: loss, word: name, called: 'the name of the cluster' }, io);
  }
  const { flags } = request;
  const spec = { command: 'clean', inventory: request.inventory, flags, writes: true, keyless: true };
  return onHosts(spec, io, async (run, session) => {
    await refuseForeignHosts(run, session, request.stateLost);
    const context = makeCleanContext(run, session);
    const outcome = await runStages([cleanStage], context);
    if (outcome.error !== undefined) return describeError(outcome.error);
    // The keys of a cluster that no longer exists must not be the keys of the next one with its name.
    await rm(run.paths.pki, { recursive: true, force: true });
    await rm(run.paths.applied, { force: true });
    return exitCodes.ok;
  });
}

function refuseLimit(flags: RunFlags): void {
  if (flags.limit === undefined) return;
  throw new K8supError({
    code: 'UNSAFE_CLEAN_LIMIT',
    kind: 'unsafeChange',
    what: 'clean with --limit is not supported yet',
    why: 'taking one host out of a living cluster needs its etcd member removed and its pods moved first',
    fix: 'run clean without --limit to take the whole cluster off',
  });
}
