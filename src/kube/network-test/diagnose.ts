import type { PathResult } from '../../engine/network-report.ts';
import type { ActionContext } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { isCut } from './cause.ts';
import type { Evidence } from './cause.ts';
import { certainCause } from './cut.ts';
import { tracePings } from './counters.ts';
import type { Traced } from './counters.ts';
import type { Path } from './paths.ts';
import type { TestPod } from './pods.ts';
import type { NetworkTestSpec } from './spec.ts';

/** Paths on which pings are traced, one after the other; more have the same few causes. */
const mostTraced = 12;

/** Gathers what can be known of each path; where nothing comes through, how far pings come. */
export async function diagnose(
  context: ActionContext,
  spec: NetworkTestSpec,
  pods: readonly TestPod[],
  measured: readonly { readonly path: Path; readonly result: PathResult }[],
): Promise<readonly Evidence[]> {
  const evidence: Evidence[] = [];
  let traces = 0;
  for (const { path, result } of measured) {
    const cut = isCut(result) && certainCause(result, spec.known) === undefined && traces < mostTraced;
    if (cut) traces += 1;
    evidence.push({
      path: result,
      own: path.own,
      known: spec.known,
      tunnel: spec.way(path, path.family, '').wanted === 'direct' ? undefined : spec.tunnel(path.family),
      traced: cut ? await trace(context, spec, pods, path) : undefined,
      suspects: { from: spec.suspects(path.from), to: spec.suspects(path.to) },
    });
  }
  return evidence;
}

/** A host that does not answer leaves the path without this evidence. */
async function trace(
  context: ActionContext,
  spec: NetworkTestSpec,
  pods: readonly TestPod[],
  path: Path,
): Promise<Traced | undefined> {
  const end = (node: string) => {
    const host = context.inventory.hosts.find(({ name }) => name === node);
    const pod = pods.find((one) => one.node === node);
    return host === undefined || pod === undefined ? undefined : { host, pod };
  };
  const [from, to] = [end(path.from), end(path.to)];
  if (from === undefined || to === undefined) return undefined;
  const text = `tracing pings from ${path.from} to ${path.to}`;
  context.emit({ type: 'progress', stage: context.stageId, host: '(cluster)', text });
  try {
    const { address, family } = path;
    return await tracePings(context, from, to, { address, family, tunnel: spec.tunnel(family)?.device });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof K8supError)) throw error;
    return undefined;
  }
}
