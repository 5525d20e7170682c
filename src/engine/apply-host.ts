import { K8supError } from '../errors/k8sup-error.ts';
import type { Executor } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import type { AnyResource } from '../resources/define.ts';
import { hostLockSeconds } from '../resources/host-lock.ts';
import { leftMark } from '../resources/left-mark.ts';
import { escapeControl } from '../shell/escape.ts';
import { diffResource } from './probe-host.ts';
import { applyKey, applyScript, lockedKey, noLockKey, probeKey } from './script.ts';
import type { Section } from './script.ts';

export interface ApplyOptions {
  readonly signal: AbortSignal;
  /** Who runs this: shown to another run that finds the host locked. */
  readonly holder: string;
  /** Whose resources these are: recorded with what is left on the host. */
  readonly stage: string;
  /** Called when work on a resource begins. */
  readonly onBegin: (id: string) => void;
  readonly onDone: (id: string) => void;
  /** Told what a resource had to leave on the host although it was applied. */
  readonly onLeft: (text: string) => void;
}

/**
 * Makes resources true, in order, in one script; each is probed again and must then have no difference.
 *
 * @throws K8supError `RESOURCE_FAILED`, `RESOURCE_NOT_CONVERGED`, `HOST_LOCKED` or `HOST_WITHOUT_FLOCK`.
 */
export async function applyToHost(
  host: Host,
  resources: readonly AnyResource[],
  executor: Executor,
  options: ApplyOptions,
): Promise<void> {
  if (resources.length === 0) return;
  const script = applyScript(resources, options.holder, hostLockSeconds, options.stage);
  const seconds = resources.reduce((sum, resource) => sum + (resource.apply.timeoutSeconds ?? 60), hostLockSeconds);
  let current: string | undefined;
  const result = await executor.run(script.script, {
    signal: options.signal,
    timeoutMs: seconds * 1000,
    contents: script.contents,
    onLine: (line) => {
      const key = script.begins(line);
      if (key === undefined) return;
      const id = key.slice(key.indexOf(' ') + 1);
      if (key === applyKey(id)) options.onBegin((current = id));
      else if (current !== undefined) options.onDone(id);
    },
  });
  const sections = script.parse(result.stdout);
  const noLock = sections.get(noLockKey);
  if (noLock !== undefined) throw noLockError(host, noLock.output);
  const locked = sections.get(lockedKey);
  if (locked !== undefined) throw lockedError(host, locked.output);
  for (const resource of resources) leftBy(sections.get(applyKey(resource.id))).forEach(options.onLeft);
  for (const resource of resources) checkResource(host, resource, sections, result.stderr);
}

function leftBy(section: Section | undefined): readonly string[] {
  const lines = escapeControl(section?.output ?? '').split('\n');
  return lines.filter((line) => line.startsWith(leftMark)).map((line) => line.slice(leftMark.length));
}

function checkResource(
  host: Host,
  resource: AnyResource,
  sections: ReadonlyMap<string, Section>,
  stderr: string,
): void {
  const applied = sections.get(applyKey(resource.id));
  if (applied?.exitCode !== 0) {
    throw new K8supError({
      code: 'RESOURCE_FAILED',
      kind: 'resource',
      host: host.name,
      what: `${host.name}: ${resource.id} could not be applied`,
      why:
        applied === undefined
          ? `the script ended before it was done\n${escapeControl(stderr)}`.trim()
          : lastLines(applied),
      ...(applied === undefined ? {} : { output: escapeControl(applied.output) }),
      fix: 'mend the cause on the host, then run the same command again: what is done already is kept',
    });
  }
  const left = diffResource(host, resource, sections.get(probeKey(resource.id)), new Set());
  if (left.length === 0) return;
  throw new K8supError({
    code: 'RESOURCE_NOT_CONVERGED',
    kind: 'resource',
    host: host.name,
    what: `${host.name}: ${resource.id} was applied and still differs`,
    why: left.map((change) => `${change.path}: is ${change.from}, should be ${change.to}`).join('\n'),
    fix: 'something on the host works against it: another tool, a read-only file system, a service that rewrites it',
  });
}

function lastLines(section: Section): string {
  const lines = escapeControl(section.output).trim().split('\n').slice(-20);
  return [`exit code ${String(section.exitCode)}`, ...lines].join('\n').trimEnd();
}

function lockedError(host: Host, holder: string): K8supError {
  return new K8supError({
    code: 'HOST_LOCKED',
    kind: 'lock',
    host: host.name,
    what: `${host.name}: another k8sup is at work on this host`,
    why: escapeControl(holder.trim()),
    fix: 'wait for it to end; a run that was killed leaves its last script, which ends by itself',
  });
}

function noLockError(host: Host, found: string): K8supError {
  return new K8supError({
    code: 'HOST_WITHOUT_FLOCK',
    kind: 'resource',
    host: host.name,
    what: `${host.name}: the host's lock cannot be taken`,
    why: found === '' ? 'it has no flock' : `${escapeControl(found)} does not know -w: it is not the one of util-linux`,
    fix: "install util-linux by the host's own means",
  });
}
