import { K8supError } from '../errors/k8sup-error.ts';

/** Two ways to stop: softly (no new work) and at once. */
export interface Interrupt extends Disposable {
  readonly stop: AbortSignal;
  readonly signal: AbortSignal;
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first SIGINT, SIGTERM or SIGHUP (the terminal was closed) stops softly, the second one at once. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const soft = new AbortController();
  const hard = new AbortController();
  const onSignal = (): void => {
    if (soft.signal.aborted) {
      hard.abort(cancelled('at once'));
      return;
    }
    tell('stopping: what runs may end, nothing new begins; press Ctrl-C again to end now');
    soft.abort(cancelled('between two steps'));
  };
  for (const name of stopSignals) process.on(name, onSignal);
  return {
    stop: soft.signal,
    signal: hard.signal,
    [Symbol.dispose]: () => {
      for (const name of stopSignals) process.off(name, onSignal);
    },
  };
}

function cancelled(how: string): K8supError {
  return new K8supError({
    code: 'CANCELLED',
    kind: 'cancelled',
    what: `the run was stopped ${how}`,
    fix: 'run the same command again: it goes on where this one stopped',
  });
}
