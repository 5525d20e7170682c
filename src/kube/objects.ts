import type { ClusterTarget } from '../engine/run-context.ts';
import type { KubeObject, KubeRunner } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Change } from '../resources/define.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell } from '../shell/sh.ts';
import { inApplyOrder } from './apply-order.ts';
import { fieldManager } from './field-writers.ts';
import { forgetSets, forgottenObjects } from './forgotten-sets.ts';
import { objectCauses } from './object-causes.ts';
import { diffObjects, objectId, objectKey, objectTexts } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';
import { leftObjects, removalsOf, setObject, withShortList } from './object-set.ts';
import type { ObjectReference } from './object-set.ts';
import { itemsOf, listOf, removeObjects } from './remove-objects.ts';

/** What one look at the apiserver gave: live objects, and what a server-side apply would make of them. */
export interface ObjectProbe {
  readonly live: readonly LiveObject[];
  readonly dryRun: readonly LiveObject[];
  /** Why there is no dry run of objects whose definition is among those looked at: it may be what has to change first. */
  readonly refused?: K8supError;
}

/** Output and fate of one kubectl call. */
interface Call {
  readonly ok: boolean;
  readonly output: string;
  readonly said: string;
}

const applyFlags = `--server-side --force-conflicts --field-manager=${fieldManager}`;
const marks = ['@@k8sup-live', '@@k8sup-dry-run', '@@k8sup-end'] as const;

/**
 * Kubernetes objects, compared by a server-side dry run and applied server-side under the field manager `k8sup`. Those of a namespaced kind that name no
 * namespace are in `default`.
 */
export function clusterObjects(kube: KubeRunner): ClusterTarget {
  // What a difference was made from is what is shown of it.
  const looked = new WeakMap<readonly KubeObject[], ObjectProbe>();
  return {
    diff: async (objects, set, keep = []) => {
      try {
        const all = withSet(objects, set);
        const probe = await probeObjects(kube, all);
        looked.set(objects, probe);
        const { live, dryRun, refused: reason } = probe;
        const known = diffObjects(all, live, dryRun);
        const changes = reason === undefined ? known : withUnknown(all, known, reason);
        if (set === undefined) return changes;
        const told = withShortList(changes, set, { live, wanted: objects });
        return new Map([...told, ...removalsOf(leftObjects(set, live, [...objects, ...keep]))]);
      } catch (error) {
        if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE')
          return { pending: error.why ?? error.message };
        throw error;
      }
    },
    texts: async (objects, set, keep = []) => {
      const all = withSet(objects, set);
      const { live, dryRun } = looked.get(objects) ?? (await probeObjects(kube, all));
      const left = set === undefined ? [] : leftObjects(set, live, [...objects, ...keep]);
      const gone = left.length === 0 ? [] : await liveOf(kube, left);
      return objectTexts([...all, ...left], [...live, ...gone], dryRun);
    },
    apply: async (objects, set, keep = []) => {
      if (set !== undefined) await renewSet(kube, { objects, keep }, set);
      if (objects.length > 0) await applyObjects(kube, objects);
    },
    causes: async (objects, changes, set) => {
      const wanted = withSet(objects, set);
      const { live } = looked.get(objects) ?? (await probeObjects(kube, wanted));
      return objectCauses(kube, changes, { wanted, live, set });
    },
    forgotten: (sets) => forgottenObjects(kube, sets),
    forget: (sets) => forgetSets(kube, sets),
  };
}

function withSet(objects: readonly KubeObject[], set: string | undefined): readonly KubeObject[] {
  return set === undefined ? objects : [setObject(set, objects), ...objects];
}

/**
 * What left the set goes before the new ones come: a DaemonSet of the old network would go on setting hosts up. Then the list is written: an object that
 * is listed and not there does no harm, one that is there and not listed would stay for ever.
 */
async function renewSet(
  kube: KubeRunner,
  { objects, keep }: Readonly<Record<'objects' | 'keep', readonly KubeObject[]>>,
  set: string,
): Promise<void> {
  const list = setObject(set, objects);
  const { live } = await probeObjects(kube, [list]);
  const left = leftObjects(set, live, [...objects, ...keep]);
  if (left.length > 0) await removeObjects(kube, left);
  await applyObjects(kube, [list]);
}

/**
 * One round trip when all objects are there. A kind that the apiserver does not know yet is a state, and so is an object in a namespace that is
 * not there: kubectl then prints nothing of the others either, so those that are there are tried again alone.
 *
 * @throws K8supError `KUBE_COMMAND` when an object that is there would be refused.
 */
async function probeObjects(kube: KubeRunner, objects: readonly KubeObject[]): Promise<ObjectProbe> {
  if (objects.length === 0) return { live: [], dryRun: [] };
  const [get, dry] = await look(kube, objects);
  if (!get.ok) {
    const known = objects.filter((object) => !get.said.includes(noMatch(object)));
    if (known.length === objects.length) throw refused('the live objects cannot be read', get.said);
    return probeObjects(kube, known);
  }
  const live = itemsOf(get.output);
  if (dry.ok) return { live, dryRun: itemsOf(dry.output) };
  const keys = new Set(live.map(objectKey));
  const present = objects.filter((object) => keys.has(objectKey(object)));
  if (present.length < objects.length) {
    const again = await probeObjects(kube, present);
    return { ...again, live };
  }
  const reason = refused('the apiserver refuses the objects', dry.said);
  const independent = objects.filter((object) => !isDefinedBy(objects, object));
  if (independent.length === objects.length) throw reason;
  const again = await probeObjects(kube, independent);
  return { live, dryRun: again.dryRun, refused: reason };
}

/**
 * The differences where a dry run was refused: it will be tried again after the definitions are changed, so only these can have been the reason.
 *
 * @throws the reason, when no definition changes.
 */
function withUnknown(
  objects: readonly KubeObject[],
  changes: ReadonlyMap<string, readonly Change[]>,
  reason: K8supError,
): ReadonlyMap<string, readonly Change[]> {
  const changing = objects.filter((object) => isDefinition(object) && changes.has(objectId(object)));
  const unknown = objects.filter((object) => !changes.has(objectId(object)) && isDefinedBy(changing, object));
  if (unknown.length === 0) throw reason;
  const change: Change = { path: 'object', from: 'as it is', to: knownAfter, effect: 'update' };
  return new Map([...changes, ...unknown.map((object) => [objectId(object), [change]] as const)]);
}

const knownAfter = 'known after apply: the definition of its kind changes first';

/** New kinds must be served before the first object of them is sent. The apiserver says so a moment before it is true, and says nothing of new fields. */
async function applyObjects(kube: KubeRunner, objects: readonly KubeObject[]): Promise<void> {
  const kinds = objects.filter(isDefinition);
  const others = inApplyOrder(objects.filter((object) => !isDefinition(object)));
  const script = [
    ...(kinds.length === 0
      ? []
      : [
          `head -c "$1" > "$k8sup_d/kinds.json"; shift`,
          `kubectl apply ${applyFlags} -f "$k8sup_d/kinds.json" >/dev/null || exit 1`,
          `kubectl wait --for=condition=Established --timeout=${servedSeconds}s -f "$k8sup_d/kinds.json" >/dev/null || exit 1`,
        ]),
    ...(others.length === 0 ? [] : [`head -c "$1" > "$k8sup_d/objects.json"`, applyOthers(kinds.length > 0)]),
  ];
  await kube.run(rawShell(script.join('\n')), {
    contents: [kinds, others].filter((part) => part.length > 0).map(listOf),
    timeoutMs: applyLimitMs,
  });
}

const servedSeconds = 30;
/** Some hundred objects one after the other, on a slow machine, and the wait for new kinds. */
const applyLimitMs = 180_000;

function applyOthers(withNewKinds: boolean): string {
  const apply = `kubectl apply ${applyFlags} -f "$k8sup_d/objects.json" >/dev/null`;
  if (!withNewKinds) return apply;
  return `k8sup_n=0
until ${apply} 2>"$k8sup_d/said"; do
  k8sup_n=$((k8sup_n + 1))
  if [ $k8sup_n -ge ${servedSeconds} ] || ! grep -q -e 'no matches for kind' -e 'not declared in schema' "$k8sup_d/said"; then cat "$k8sup_d/said" >&2; exit 1; fi
  sleep 1
done`;
}

interface DefinitionSpec {
  readonly group?: string;
  readonly names?: { readonly kind?: string };
}

function isDefinition({ kind }: KubeObject): boolean {
  return kind === 'CustomResourceDefinition';
}

function isDefinedBy(definitions: readonly KubeObject[], { apiVersion, kind }: KubeObject): boolean {
  return definitions.some((definition) => {
    if (!isDefinition(definition)) return false;
    const { group = '', names } = (definition['spec'] ?? {}) as DefinitionSpec;
    return names?.kind === kind && apiVersion.startsWith(`${group}/`);
  });
}

/** Those of them that are there. A kind that is no longer served has no objects. */
async function liveOf(kube: KubeRunner, references: readonly ObjectReference[]): Promise<readonly LiveObject[]> {
  const script = `head -c "$1" > "$k8sup_d/left.json"
kubectl get -f "$k8sup_d/left.json" --ignore-not-found -o json 2>/dev/null || :`;
  return itemsOf(await kube.run(rawShell(script), { contents: [listOf(references)] }));
}

async function look(kube: KubeRunner, objects: readonly KubeObject[]): Promise<readonly [Call, Call]> {
  const script = `head -c "$1" > "$k8sup_d/objects.json"
kubectl get -f "$k8sup_d/objects.json" --ignore-not-found -o json 2>"$k8sup_d/said"; rc=$?
echo; echo "${marks[0]} $rc"; cat "$k8sup_d/said"; echo "${marks[2]}"
[ $rc -eq 0 ] || exit 0
kubectl apply ${applyFlags} --dry-run=server -f "$k8sup_d/objects.json" -o json 2>"$k8sup_d/said"; rc=$?
echo; echo "${marks[1]} $rc"; cat "$k8sup_d/said"; echo "${marks[2]}"`;
  const output = await kube.run(rawShell(script), { contents: [listOf(objects)] });
  const [get = '', dry = ''] = output.split(`${marks[2]}\n`);
  return [callOf(get, marks[0]), callOf(dry, marks[1])];
}

function callOf(section: string, mark: string): Call {
  const [output = '', rest = ''] = section.split(`\n${mark} `);
  const end = rest.indexOf('\n');
  return { ok: rest.slice(0, end) === '0', output, said: rest.slice(end + 1).trim() };
}

/** How kubectl 1.20 to 1.36 names a kind that is not served, without what stands before it. */
function noMatch({ apiVersion, kind }: KubeObject): string {
  return `no matches for kind "${kind}" in version "${apiVersion}"`;
}

function refused(what: string, why: string): K8supError {
  return new K8supError({
    code: 'KUBE_COMMAND',
    kind: 'kubernetes',
    what,
    why: escapeControl(why),
    fix: 'see what the message names; then run the same command again',
  });
}
