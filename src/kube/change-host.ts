import type { ActionContext } from '../engine/stage.ts';
import type { RunResult } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import { file } from '../resources/file.ts';
import type { FileSpec } from '../resources/file.ts';
import { hostHolder, hostLockSeconds, takeHostLock } from '../resources/host-lock.ts';
import { ownershipFunctions } from '../resources/ownership.ts';
import { lines, rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** A change of a host beside its resources. */
export interface HostChange {
  /** Written first, whole or not at all; what it replaces is recorded for clean. */
  readonly file?: FileSpec;
  /** Runs after it; its exit code is the result's. */
  readonly script: Sh;
  /** Seconds it may take, without the waiting for the host's lock. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const withoutLock = {
  taken: sh`echo "another k8sup is at work on this host: $(${hostHolder})" >&2; exit 1`,
  impossible: sh`echo 'flock of util-linux is missing on this host' >&2; exit 1`,
};

/** Changes a host in one round trip while no other k8sup does, as an apply of resources would. */
export function changeHost(context: ActionContext, host: Host, change: HostChange): Promise<RunResult> {
  const apply = change.file === undefined ? undefined : file(change.file).apply;
  const length = Buffer.byteLength(change.file?.content ?? '');
  const script = lines([
    rawShell(ownershipFunctions),
    takeHostLock(context.holder, hostLockSeconds, withoutLock),
    ...(apply === undefined ? [] : [sh`( set -e; set -- ${length}\n${apply.script}\n) || exit 1`]),
    change.script,
  ]);
  return context.executor(host).run(script.sh, {
    signal: change.signal,
    timeoutMs: (change.seconds + hostLockSeconds) * 1000,
    contents: apply?.contents ?? [],
  });
}
