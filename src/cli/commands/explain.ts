import { K8supError, exitCodes } from '../../errors/k8sup-error.ts';
import { suggest } from '../../inventory/suggest.ts';
import type { Explanation } from '../../resources/define.ts';
import type { Host } from '../../inventory/model.ts';
import { siteOf } from '../../../playbooks/site.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { renderExplanation } from '../../report/index.ts';
import { makeContext } from '../context.ts';
import { explainUnit, runningArguments } from '../explain-unit.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';

export interface ExplainRequest {
  readonly unit: string;
  readonly inventory: string;
  readonly host: string;
  readonly json: boolean;
  readonly identity: string | undefined;
}

/** `k8sup explain`: the unit as an apply of now would make it, each value with its source, beside the process that runs. */
export function explain({ unit, inventory, host: name, json, identity }: ExplainRequest, io: Io): Promise<number> {
  const output = json ? 'json' : 'plain';
  const flags = { limit: [name], concurrency: 20, output, ...(identity === undefined ? {} : { identity }) } as const;
  const spec = { command: 'explain', inventory, flags, writes: false, quiet: !json };
  return onHosts(spec, io, async (run, session) => {
    const [host] = run.hosts;
    if (host === undefined) throw new Error('a limit of one name that the inventory has leaves one host');
    const context = await makeContext(run, session, 'plan');
    const found = await find(context, host, unit.endsWith('.service') ? unit : `${unit}.service`);
    const running = await runningArguments(found.unit, session.connection(host), run.signal);
    const explanation = explainUnit(run.inventory, { ...found, host }, running);
    if (json) run.emit({ type: 'explanation', explanation });
    else io.out.write(`${renderExplanation(explanation)}\n`);
    return exitCodes.ok;
  });
}

/** Asks the stages themselves, as an apply does. @throws K8supError `UNKNOWN_UNIT`. */
async function find(
  context: RunContext,
  host: Host,
  unit: string,
): Promise<{ readonly unit: string; readonly explanation: Explanation }> {
  const known: string[] = [];
  for (const { steps } of siteOf(context.inventory)) {
    for (const step of steps) {
      if (step.type !== 'hosts' || !step.on(host)) continue;
      for (const { id, explanation } of await step.resources(host, context)) {
        if (explanation === undefined) continue;
        const name = id.slice('service:'.length);
        if (name === unit) return { unit, explanation };
        known.push(name);
      }
    }
  }
  const meant = suggest(unit, known);
  throw new K8supError({
    code: 'UNKNOWN_UNIT',
    kind: 'usage',
    host: host.name,
    what: `k8sup keeps no ${unit} on ${host.name}`,
    fix: `${meant === undefined ? '' : `did you mean ${meant}? `}its units there are: ${known.join(', ')}`,
  });
}
