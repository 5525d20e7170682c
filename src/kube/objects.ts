import type { ClusterTarget } from '../engine/run-context.ts';
import type { KubeObject, KubeRunner } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import { rawShell } from '../shell/sh.ts';
import { diffObjects } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';

const applyFlags = '--server-side --force-conflicts --field-manager=k8sup';
const middle = '@@k8sup-dry-run';

/** Kubernetes objects, compared by a server-side dry run and applied server-side under the field manager `k8sup`. */
export function clusterObjects(kube: KubeRunner): ClusterTarget {
  return { diff: (objects) => diff(kube, objects), apply: (objects) => apply(kube, objects) };
}

async function diff(kube: KubeRunner, objects: readonly KubeObject[]): ReturnType<ClusterTarget['diff']> {
  const script = rawShell(`head -c "$1" > "$k8sup_d/objects.json"
kubectl get -f "$k8sup_d/objects.json" --ignore-not-found -o json || exit 1
echo; echo '${middle}'
kubectl apply ${applyFlags} --dry-run=server -f "$k8sup_d/objects.json" -o json`);
  try {
    const [live = '', dry = ''] = (await kube.run(script, { contents: [listOf(objects)] })).split(`${middle}\n`);
    return diffObjects(objects, items(live), items(dry));
  } catch (error) {
    if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE')
      return { pending: error.why ?? error.message };
    throw error;
  }
}

async function apply(kube: KubeRunner, objects: readonly KubeObject[]): Promise<void> {
  await kube.run(rawShell(`head -c "$1" | kubectl apply ${applyFlags} -f - >/dev/null`), {
    contents: [listOf(objects)],
  });
}

function listOf(objects: readonly KubeObject[]): Buffer {
  return Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

/** kubectl prints one object alone and several as a List; nothing at all where none was found. */
function items(text: string): readonly LiveObject[] {
  if (text.trim() === '') return [];
  const value = JSON.parse(text) as LiveObject;
  return value['kind'] === 'List' ? ((value['items'] ?? []) as readonly LiveObject[]) : [value];
}
