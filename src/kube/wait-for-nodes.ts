import type { ActionContext, KubeRunner } from '../engine/stage.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import { approve, decide, listRequests, readRequests, servingSigner } from './csr.ts';
import type { CsrJson, PendingCsr } from './csr.ts';

/** What one look at the apiserver gave. */
interface Seen {
  readonly registered: ReadonlySet<string>;
  readonly requests: readonly CsrJson[];
}

const limitMs = 180_000;
const pollMs = 300;
const middle = '@@k8sup-nodes';

/** Names of the requests for serving certificates that the apiserver still keeps. */
export async function servingRequests(kube: KubeRunner): Promise<ReadonlySet<string>> {
  const requests = readRequests(await kube.run(listRequests));
  return new Set(requests.filter(isServing).map(({ metadata }) => metadata.name));
}

/**
 * Polls, in one round trip each: approves what is right, and counts a host as joined when it is registered and has its serving certificate. An
 * apiserver that does not answer for a while is only slow.
 *
 * @param earlier - names of serving requests that were there before: those of an earlier join prove nothing.
 * @throws K8supError `JOIN_TIMEOUT`.
 */
export async function waitForNodes(
  hosts: readonly Host[],
  earlier: ReadonlySet<string>,
  context: ActionContext,
): Promise<void> {
  const end = performance.now() + limitMs;
  let waiting = hosts;
  let notes: readonly string[] = [];
  while (waiting.length > 0) {
    context.signal.throwIfAborted();
    try {
      const seen = await look(context.kube);
      const { good, refused } = decide(context.inventory, seen.requests, new Set(waiting.map(({ name }) => name)));
      notes = refused.map(noteOf);
      await approve(context.kube, good);
      const joined = joinedHosts(waiting, seen, earlier);
      for (const host of joined) tellJoined(host, context);
      waiting = waiting.filter((host) => !joined.includes(host));
    } catch (error) {
      if (!(error instanceof K8supError) || error.kind !== 'kubernetes') throw error;
      notes = [[error.message, ...(error.why === undefined ? [] : [error.why])].join(': ')];
    }
    if (waiting.length > 0 && performance.now() > end) throw await joinTimeout(waiting, notes, context);
    if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function look(kube: KubeRunner): Promise<Seen> {
  const script = sh`${listRequests} && echo ${middle} && kubectl get nodes -o name`;
  const [requests = '', nodes = ''] = (await kube.run(script)).split(`${middle}\n`);
  const names = nodes.split('\n').map((line) => line.replace(/^node\//, ''));
  return { registered: new Set(names), requests: readRequests(requests) };
}

function joinedHosts(hosts: readonly Host[], seen: Seen, earlier: ReadonlySet<string>): readonly Host[] {
  const issued = seen.requests.filter(
    (csr) => isServing(csr) && !earlier.has(csr.metadata.name) && (csr.status?.certificate ?? '') !== '',
  );
  const served = new Set(issued.map(({ spec }) => spec.username));
  return hosts.filter(({ name }) => seen.registered.has(name) && served.has(`system:node:${name}`));
}

function isServing({ spec }: CsrJson): boolean {
  return spec.signerName === servingSigner;
}

function tellJoined(host: Host, context: ActionContext): void {
  const text = 'registered, with its serving certificate';
  context.emit({ type: 'progress', stage: context.stageId, host: host.name, text });
}

function noteOf({ name, requester, reason }: PendingCsr): string {
  return `left pending: ${name} of ${requester}: ${reason}`;
}

async function joinTimeout(
  hosts: readonly Host[],
  notes: readonly string[],
  context: ActionContext,
): Promise<K8supError> {
  const journals = await Promise.all(hosts.map((host) => journalOf(host, context)));
  const names = hosts.map(({ name }) => name);
  return new K8supError({
    code: 'JOIN_TIMEOUT',
    kind: 'kubernetes',
    hosts: names,
    what: `${names.join(', ')} did not join within ${limitMs / 1000} s`,
    why: [...notes, ...journals.map(({ shown }) => shown)].join('\n'),
    output: journals.map(({ all }) => all).join('\n'),
    fix: 'mend what the journal names, then run the same command again',
  });
}

/** A host that is lost is a finding as well. */
async function journalOf(
  host: Host,
  context: ActionContext,
): Promise<{ readonly shown: string; readonly all: string }> {
  const script = 'journalctl -u kubelet.service -n 200 --no-pager -o cat';
  try {
    const result = await context.executor(host).read(script, { signal: context.signal, timeoutMs: 30_000 });
    const lines = escapeControl(result.stdout.trim()).split('\n');
    return {
      shown: [`${host.name}, last lines of its kubelet:`, ...lines.slice(-12)].join('\n'),
      all: lines.join('\n'),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    return { shown: `${host.name}: its journal could not be read: ${messageOf(error)}`, all: '' };
  }
}
