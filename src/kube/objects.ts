import type { ClusterTarget } from '../engine/run-context.ts';
import type { KubeObject, KubeRunner } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell } from '../shell/sh.ts';
import { diffObjects, objectId } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';
import { leftObjects, removalsOf, setObject } from './object-set.ts';
import type { ObjectReference } from './object-set.ts';

/** What one look at the apiserver gave: live objects, and what a server-side apply would make of them. */
export interface ObjectProbe {
  readonly live: readonly LiveObject[];
  readonly dryRun: readonly LiveObject[];
}

/** Output and fate of one kubectl call. */
interface Call {
  readonly ok: boolean;
  readonly output: string;
  readonly said: string;
}

const applyFlags = '--server-side --force-conflicts --field-manager=k8sup';
const marks = ['@@k8sup-live', '@@k8sup-dry-run', '@@k8sup-end'] as const;

/**
 * Kubernetes objects, compared by a server-side dry run and applied server-side under the field manager `k8sup`. Objects of a namespaced kind
 * name their namespace.
 */
export function clusterObjects(kube: KubeRunner): ClusterTarget {
  return {
    diff: async (objects, set) => {
      try {
        const all = withSet(objects, set);
        const { live, dryRun } = await probeObjects(kube, all);
        const changes = diffObjects(all, live, dryRun);
        return set === undefined ? changes : new Map([...changes, ...removalsOf(leftObjects(set, live, objects))]);
      } catch (error) {
        if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE')
          return { pending: error.why ?? error.message };
        throw error;
      }
    },
    apply: async (objects, set) => {
      if (set !== undefined) await removeLeft(kube, objects, set);
      await applyObjects(kube, withSet(objects, set));
    },
  };
}

/** The list stands first: an object that is listed and not there does no harm, one that is there and not listed would stay for ever. */
function withSet(objects: readonly KubeObject[], set: string | undefined): readonly KubeObject[] {
  return set === undefined ? objects : [setObject(set, objects), ...objects];
}

/** Before the new ones come: a DaemonSet of the old network would go on setting hosts up. A kind that is no longer served has no objects. */
async function removeLeft(kube: KubeRunner, objects: readonly KubeObject[], set: string): Promise<void> {
  const { live } = await probeObjects(kube, [setObject(set, objects)]);
  const left = leftObjects(set, live, objects);
  if (left.length === 0) return;
  const script = `head -c "$1" > "$k8sup_d/left.json"
kubectl delete -f "$k8sup_d/left.json" --ignore-not-found --timeout=120s >/dev/null 2>"$k8sup_d/said" && exit 0
if grep -v 'no matches for kind' "$k8sup_d/said" >&2; then exit 1; fi`;
  await kube.run(rawShell(script), { contents: [listOf(left)], timeoutMs: 150_000 });
}

/**
 * One round trip when all objects are there. A kind that the apiserver does not know yet is a state, and so is an object in a namespace that is
 * not there: kubectl then prints nothing of the others either, so those that are there are tried again alone.
 *
 * @throws K8supError `KUBE_COMMAND` when an object that is there would be refused.
 */
export async function probeObjects(kube: KubeRunner, objects: readonly KubeObject[]): Promise<ObjectProbe> {
  if (objects.length === 0) return { live: [], dryRun: [] };
  const [get, dry] = await look(kube, objects);
  if (!get.ok) {
    const known = objects.filter((object) => !get.said.includes(noMatch(object)));
    if (known.length === objects.length) throw refused('the live objects cannot be read', get.said);
    return probeObjects(kube, known);
  }
  const live = items(get.output);
  if (dry.ok) return { live, dryRun: items(dry.output) };
  const ids = new Set(live.map(objectId));
  const present = objects.filter((object) => ids.has(objectId(object)));
  if (present.length === objects.length) throw refused('the apiserver refuses the objects', dry.said);
  const again = await probeObjects(kube, present);
  return { live, dryRun: again.dryRun };
}

/** New kinds must be served before the first object of them is sent. */
async function applyObjects(kube: KubeRunner, objects: readonly KubeObject[]): Promise<void> {
  const kinds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const others = objects.filter((object) => !kinds.includes(object));
  const script = [
    ...(kinds.length === 0
      ? []
      : [
          `head -c "$1" > "$k8sup_d/kinds.json"; shift`,
          `kubectl apply ${applyFlags} -f "$k8sup_d/kinds.json" >/dev/null || exit 1`,
          `kubectl wait --for=condition=Established --timeout=30s -f "$k8sup_d/kinds.json" >/dev/null || exit 1`,
        ]),
    ...(others.length === 0 ? [] : [`head -c "$1" | kubectl apply ${applyFlags} -f - >/dev/null`]),
  ];
  await kube.run(rawShell(script.join('\n')), {
    contents: [kinds, others].filter((part) => part.length > 0).map(listOf),
  });
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

function listOf(objects: readonly ObjectReference[]): Buffer {
  return Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

/** kubectl prints one object alone and several as a List; nothing at all where none was found. */
function items(text: string): readonly LiveObject[] {
  if (text.trim() === '') return [];
  const value = JSON.parse(text) as LiveObject;
  return value['kind'] === 'List' ? ((value['items'] ?? []) as readonly LiveObject[]) : [value];
}
