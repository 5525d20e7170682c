import { K8supError } from '../errors/k8sup-error.ts';
import type { Reader } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import type { AnyResource, Change } from '../resources/define.ts';
import { escapeControl } from '../shell/escape.ts';
import { driftCause } from './left.ts';
import type { DriftCause, Left } from './left.ts';
import { probeScript } from './script.ts';
import type { Section } from './script.ts';
import type { ActionStep, Gate, HostStep, StageContext, Step } from './stage.ts';

/** What a host lacks for one step. */
export interface StepDifference {
  readonly step: HostStep | ActionStep;
  /** Those that need a change. */
  readonly resources: readonly AnyResource[];
  /** Changes by resource id. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  readonly gate: Gate | undefined;
  /** False when the gate's check failed while nothing needs to change: an earlier run was cut short while waiting, or the component is ill. */
  readonly gateOpen: boolean;
  /** Why each of the changes is there, by resource id; only where the context has what was left on the host. */
  readonly causes?: ReadonlyMap<string, DriftCause>;
}

/** Milliseconds for one script of probes. */
const probeTimeoutMs = 120_000;

/**
 * Sees everything of some steps on one host in one round trip.
 *
 * @param changing - ids that earlier stages of a plan would change; ids found here are added.
 * @param left - what the last apply left there: then everything is looked at anew, and each change has its cause.
 * @throws K8supError `PROBE_FAILED` naming the resource that could not be looked at.
 */
export async function probeHost(
  host: Host,
  steps: readonly Step[],
  reader: Reader,
  context: StageContext,
  changing: Set<string>,
  left?: ReadonlyMap<string, Left>,
): Promise<readonly StepDifference[]> {
  const wanted = await Promise.all(
    steps.flatMap((step) =>
      step.type !== 'cluster' && step.type !== 'hook' && step.on(host) ? [wantedOf(step, host, context)] : [],
    ),
  );
  const probes = wanted.flatMap(({ resources, gate }, index) => [
    ...resources.map((resource) => ({
      key: resource.id,
      script: left === undefined ? resource.probe : (resource.recheck ?? resource.probe),
    })),
    ...(gate === undefined ? [] : [{ key: gateKey(index), script: gate.check }]),
  ]);
  if (probes.length === 0) return [];
  const script = probeScript(probes);
  const result = await reader.read(script.script, { signal: context.signal, timeoutMs: probeTimeoutMs });
  const sections = script.parse(result.stdout);
  const causes = new Map<string, DriftCause>();
  return wanted.map(({ step, resources, gate }, index) => {
    const changes = diffAll(host, resources, sections, changing);
    const gateOpen = gate === undefined || sections.get(gateKey(index))?.exitCode === 0;
    // Of what is as it should be nothing is needed again: a thousand hosts have many such things.
    const needing = resources.filter(({ id }) => changes.has(id));
    const difference = { step, resources: needing, changes, gate, gateOpen };
    if (left === undefined) return difference;
    addCauses(causes, difference, { sections, left });
    return { ...difference, causes };
  });
}

/** What was started by an action was never recorded, but what follows from other things has their cause. */
function addCauses(
  causes: Map<string, DriftCause>,
  { resources, changes }: Pick<StepDifference, 'resources' | 'changes'>,
  on: { readonly sections: ReadonlyMap<string, Section>; readonly left: ReadonlyMap<string, Left> },
): void {
  for (const resource of resources) {
    const found = changes.get(resource.id);
    if (found === undefined) continue;
    const cause = driftCause(resource, on.sections.get(resource.id)?.output ?? '', on.left.get(resource.id));
    const paths = found.flatMap(({ to, effect }) => (effect === 'restart' ? to.split(', ') : []));
    const inputs = paths.flatMap((path) => causes.get(`file:${path}`) ?? causes.get(`binary:${path}`) ?? []);
    const [first] = inputs;
    const ofInputs = first !== undefined && inputs.every((one) => one === first) ? first : 'both';
    causes.set(resource.id, cause === 'unrecorded' && first !== undefined ? ofInputs : cause);
  }
}

interface Wanted {
  readonly step: HostStep | ActionStep;
  readonly resources: readonly AnyResource[];
  readonly gate: Gate | undefined;
}

async function wantedOf(step: HostStep | ActionStep, host: Host, context: StageContext): Promise<Wanted> {
  if (step.type === 'action') return { step, resources: [step.condition(host, context)], gate: undefined };
  return { step, resources: await step.resources(host, context), gate: await step.gate?.(host, context) };
}

function diffAll(
  host: Host,
  resources: readonly AnyResource[],
  sections: ReadonlyMap<string, Section>,
  changing: Set<string>,
): Map<string, readonly Change[]> {
  const changes = new Map<string, readonly Change[]>();
  for (const resource of resources) {
    const found = diffResource(host, resource, sections.get(resource.id), changing);
    if (found.length === 0) continue;
    changes.set(resource.id, found);
    // Another mode or owner is no other input to a unit.
    if (found.some(({ path }) => path !== 'mode' && path !== 'owner')) changing.add(resource.id);
  }
  return changes;
}

/** Compares one resource with what its probe printed. */
export function diffResource(
  host: Host,
  resource: AnyResource,
  section: Section | undefined,
  changing: ReadonlySet<string>,
): readonly Change[] {
  if (section?.exitCode !== 0) {
    throw new K8supError({
      code: 'PROBE_FAILED',
      kind: 'resource',
      host: host.name,
      what: `${host.name}: ${resource.id} could not be looked at`,
      why:
        section === undefined
          ? 'the script of probes ended before it came to this one'
          : `exit code ${section.exitCode}\n${escapeControl(section.output)}`,
      fix: 'run the command again with -v; if it stays, this is a defect of k8sup: please report it with the log',
    });
  }
  return resource.diff(resource.parse(section.output), { changing });
}

const gateKey = (index: number): string => `gate ${String(index)}`;
