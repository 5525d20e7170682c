import { setTimeout as delay } from 'node:timers/promises';
import { K8supError } from '../../errors/k8sup-error.ts';

/** A wait for something that the cluster does by itself. */
export interface Wait {
  /** For people: `pods have the new authority`. */
  readonly what: string;
  readonly limitSeconds: number;
  readonly everySeconds: number;
  readonly signal: AbortSignal;
  /** Told when what is missing changes. */
  readonly tell: (missing: string) => void;
  readonly fix: string;
}

/**
 * Looks again and again until nothing is missing.
 *
 * @param look - gives what is still missing; undefined when all is there.
 * @throws K8supError `ROTATION_WAIT` at the limit.
 */
export async function until(wait: Wait, look: () => Promise<string | undefined>): Promise<void> {
  const end = performance.now() + wait.limitSeconds * 1000;
  let told = '';
  for (;;) {
    const missing = await look();
    if (missing === undefined) return;
    if (missing !== told) wait.tell(missing);
    told = missing;
    if (performance.now() > end) {
      throw new K8supError({
        code: 'ROTATION_WAIT',
        kind: 'kubernetes',
        what: `it was waited ${String(wait.limitSeconds)} s for this, and it did not come: ${wait.what}`,
        why: missing,
        fix: wait.fix,
      });
    }
    await delay(wait.everySeconds * 1000, undefined, { signal: wait.signal });
  }
}
