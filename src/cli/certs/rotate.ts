import type { RunContext } from '../../engine/run-context.ts';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import {
  finishRotation,
  keptThings,
  openStore,
  phases,
  readRotations,
  startAuthorityRotation,
  startRotation,
  writeRotation,
} from '../../pki/index.ts';
import type { NextAuthority, Phase, Rotatable } from '../../pki/index.ts';
import { apply } from '../commands/apply.ts';
import { reportFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { openKnownStore } from '../known-cluster.ts';
import type { RunFlags } from '../options.ts';
import { phaseMeaning } from '../rotations.ts';
import type { Run } from '../run.ts';
import { type BroughtFlags, readBrought } from './brought.ts';
import { settle } from './settle.ts';

export interface RotateRequest {
  readonly what: Rotatable;
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Ends after the next phase, for whoever wants to look before the next one. */
  readonly step: boolean;
  /** Restart the workloads of all namespaces where pods must read something anew. */
  readonly restartPods: boolean;
  /** Go on though pods may not have read it. */
  readonly yes: boolean;
  /** Of an authority: by what it is exchanged. */
  readonly next: (BroughtFlags & { readonly selfSigned?: true | undefined }) | undefined;
}

/**
 * `k8sup certs rotate-…`: exchanges an authority or a key while the cluster works. Each phase is an apply of its own, with the locks and the journal of one;
 * the store says how far it is, so that the same command goes on after whatever ended it.
 */
export async function rotate(request: RotateRequest, io: Io): Promise<number> {
  const { what, inventory, flags } = request;
  try {
    refuseVague(request);
  } catch (error) {
    return reportFailure(error, io);
  }
  for (let first = true; ; first = false) {
    const at: { phase?: Phase } = {};
    const code = await apply(
      {
        ...{ inventory, flags, stages: {}, verify: false, yes: true, command: `certs rotate ${what}`, rotates: what },
        prepare: async (run) => {
          refuseUseless(what, run.inventory);
          at.phase = await enter(request, { run, io, first });
          run.emit({ type: 'note', text: `${what}: ${phaseMeaning[at.phase]}` });
        },
        finish: async (run, context) => {
          if (at.phase !== undefined) await end(request, at.phase, run, context);
          return exitCodes.ok;
        },
      },
      io,
    );
    if (code !== exitCodes.ok || at.phase === undefined || at.phase === 'drop' || request.step) return code;
  }
}

/** The phase to apply now: the one that was not ended, else the one behind it. */
async function enter(
  request: RotateRequest,
  { run, io, first }: { readonly run: Run; readonly io: Io; readonly first: boolean },
): Promise<Phase> {
  const { what } = request;
  const store = await openKnownStore(run);
  const found = (await readRotations(store)).get(what);
  if (found === undefined) {
    const things = await keptThings(run.inventory);
    if (what === 'service-account' || what === 'encryption-key') await startRotation(store, things[what]);
    else {
      const options = { inventory: run.inventory, now: new Date() };
      await startAuthorityRotation(store, { ...things[what], name: what }, await nextOf(request, io), options);
    }
    return 'trust';
  }
  if (first && saysBy(request)) throw underWay(what);
  if (found.settled === undefined) return found.phase;
  const next = phases[phases.indexOf(found.phase) + 1] ?? 'drop';
  await writeRotation(store, what, { phase: next });
  return next;
}

const saysBy = ({ next }: RotateRequest): boolean => next?.cert !== undefined || next?.selfSigned === true;

/** @throws K8supError `ROTATE_VAGUE` where flags would be left unheard. */
function refuseVague({ next = {} }: RotateRequest): void {
  const { cert, key, chain, offline, selfSigned } = next;
  const about = [key, chain, offline].some((flag) => flag !== undefined);
  if (cert === undefined ? !about : selfSigned === undefined) return;
  throw new K8supError({
    code: 'ROTATE_VAGUE',
    kind: 'usage',
    what:
      cert === undefined
        ? '--key, --chain and --offline are about an authority that is not named'
        : '--cert brings the next authority, --self-signed makes it',
    fix: 'name its certificate by --cert FILE, or leave them all out for one that k8sup makes',
  });
}

function underWay(what: Rotatable): K8supError {
  return new K8supError({
    code: 'ROTATE_UNDER_WAY',
    kind: 'usage',
    what: `${what} is being exchanged already, by what was said when that began; nothing was changed`,
    fix: 'give the command without --cert and --self-signed, and begin another exchange when this one has ended',
  });
}

async function nextOf({ next = {} }: RotateRequest, io: Io): Promise<NextAuthority> {
  const { cert, selfSigned, ...files } = next;
  if (cert !== undefined) return { by: 'brought', brought: await readBrought({ ...files, cert }, io) };
  return { by: selfSigned === true ? 'made' : 'default' };
}

async function end(request: RotateRequest, phase: Phase, run: Run, context: RunContext): Promise<void> {
  const { what } = request;
  const store = await openStore(run.paths.pki, run.storeKey);
  const seen = (await readRotations(store)).get(what)?.seen;
  const remember = (now: string): Promise<void> => writeRotation(store, what, { phase, seen: now });
  await settle({ ...request, phase, seen, remember }, context);
  if (phase === 'drop') await finishRotation(store, (await keptThings(run.inventory))[what]);
  else await writeRotation(store, what, { phase, settled: new Date().toISOString() });
}

/** @throws K8supError `ROTATE_NOTHING` where the cluster has no such thing. */
function refuseUseless(what: Rotatable, inventory: Inventory): void {
  const { encryptionAtRest } = inventory.cluster;
  const without =
    what !== 'etcd-ca' && !hasKubernetes(inventory)
      ? 'its hosts have the role container: there is no Kubernetes'
      : what === 'encryption-key' && !encryptionAtRest
        ? 'cluster.apiserver.encryptionAtRest is false'
        : undefined;
  if (without === undefined) return;
  throw new K8supError({
    code: 'ROTATE_NOTHING',
    kind: 'usage',
    what: `${inventory.cluster.name} has no ${what} that could be exchanged`,
    why: without,
    fix: 'exchange what it has:  k8sup certs  shows that',
  });
}
