import type { RunEvent } from '../../../src/engine/events.ts';
import type { ActionContext, KubeRunner } from '../../../src/engine/stage.ts';
import type { Executor, RunOptions } from '../../../src/host/connection.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { inventoryOf } from '../components/fixture.ts';

export const inventory = inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.36.3, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: node1, address: 10.0.0.1, roles: [etcd, master, node] }
  - { name: node2, address: 10.0.0.2, roles: [master, node] }
`);

export interface Sent {
  /** Host name, or `kube` for what goes through kubectl. */
  readonly to: string;
  readonly script: string;
  readonly contents: string;
}

/** What a stand-in answers: standard output, or an error; nothing means empty output. */
export type Answer = (sent: Sent) => string | Error | undefined;

/** A context whose kubectl and hosts answer from a function and note what they were sent. */
export function actionContext(answer: Answer, given: { signal?: AbortSignal; inventory?: Inventory } = {}) {
  const sent: Sent[] = [];
  const events: RunEvent[] = [];
  const own = given.signal ?? new AbortController().signal;
  const take = (to: string, script: string, contents: string, signal: AbortSignal): string => {
    signal.throwIfAborted();
    sent.push({ to, script, contents });
    const said = answer({ to, script, contents });
    if (said instanceof Error) throw said;
    return said ?? '';
  };
  const executor = (name: string): Executor => {
    const run = async (script: string, options: RunOptions) => {
      const bytes = (options.contents ?? []).map((content) => ('bytes' in content ? content.bytes.toString() : ''));
      const stdout = await Promise.resolve().then(() => take(name, script, bytes.join(''), options.signal));
      return { exitCode: 0, stdout, stderr: '' };
    };
    return { hostName: name, run, read: run };
  };
  const kube: KubeRunner = {
    run: async (script, options) => {
      const contents = (options?.contents ?? []).map(String).join('');
      return Promise.resolve().then(() => take('kube', script.sh, contents, options?.signal ?? own));
    },
  };
  const parts: Partial<ActionContext> = {
    inventory: given.inventory ?? inventory,
    signal: own,
    unreachable: new Set(),
    stageId: '05.node',
    hosts: (given.inventory ?? inventory).hosts,
    holder: 'a test',
    kube,
    executor: ({ name }) => executor(name),
    emit: (event) => void events.push(event),
    pki: { authorities: { ca: { 'kubernetes-ca': { certPem: 'PEM of the CA\n' } } } } as ActionContext['pki'],
  };
  return { context: parts as ActionContext, sent, events };
}

/** Names of the requests that were approved, in order: each was sent as its path and the object. */
export function approvedIn(sent: readonly Sent[]): readonly string[] {
  return approvalsIn(sent).map(({ object }) => object.metadata.name);
}

interface Approval {
  readonly path: string;
  readonly object: { readonly metadata: { readonly name: string } };
}

export function approvalsIn(sent: readonly Sent[]): readonly Approval[] {
  return sent
    .filter(({ to, script }) => to === 'kube' && script.includes('approvals'))
    .flatMap(({ contents }) => contents.trimEnd().split('\n'))
    .map((line) => {
      const [path = '', ...object] = line.split(' ');
      return { path, object: JSON.parse(object.join(' ')) as Approval['object'] };
    });
}
