import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PlanEvent } from '../../engine/events.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { runStages } from '../../engine/run.ts';
import { messageOf } from '../../errors/k8sup-error.ts';
import type { Stage } from '../../engine/stage.ts';
import { makeContext } from '../context.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { k8supVersion } from '../version.ts';
import { planFileVersion, sha256 } from './plan-file.ts';
import type { PlanFile } from './plan-file.ts';

/** Makes a plan that nobody sees but the caller. @throws what made it fail. */
export async function lookAhead(run: Run, session: Session, stages: readonly Stage[]) {
  const events: PlanEvent[] = [];
  const context = await makeContext(
    {
      ...run,
      flags: {
        ...(run.flags.limit === undefined ? {} : { limit: run.flags.limit }),
        concurrency: run.flags.concurrency,
      },
      emit: (event) => {
        if (event.type === 'change' || event.type === 'pending') events.push(event);
      },
      numbers: { ...run.numbers, counts: { changed: 0, restarted: 0 } },
    },
    session,
    'plan',
  );
  const outcome = await runStages(stages, context);
  if (outcome.error !== undefined) throw toError(outcome.error);
  return { events, about: await aboutPlan(run, context, stages) };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** What a plan is made from. */
export async function aboutPlan(
  run: Run,
  context: RunContext,
  stages: readonly Stage[],
): Promise<Omit<PlanFile, 'changes' | 'later'>> {
  const { authorities } = context.pki;
  return {
    format: 'k8sup-plan-file',
    version: planFileVersion,
    k8sup: k8supVersion,
    made: new Date().toISOString(),
    cluster: run.inventory.cluster.name,
    clusterId: authorities.pending ? null : authorities.clusterId,
    inventory: sha256(await readFile(run.inventory.file, 'utf8')),
    secrets: authorities.pending ? null : secretsHash(context, JSON.stringify(authorities.encryptionKeys)),
    limit: run.flags.limit ?? null,
    stages: stages.map(({ id }) => id),
  };
}

/** With a key, since a short password could be guessed by a plain hash. */
function secretsHash({ registryPasswords, networkSecrets }: RunContext, key: string): string {
  const entries = [...registryPasswords, ...networkSecrets].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', key).update(JSON.stringify(entries)).digest('hex');
}
