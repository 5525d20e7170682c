/** Runs work when its turn has come. */
export type Limit = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * Lets at most `count` pieces of work run at a time; the others wait in the order in which they came.
 *
 * @throws the signal's reason when it is aborted while the work still waits.
 */
export function limitTo(count: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (signal, work) => {
    signal.throwIfAborted();
    if (running < count) running += 1;
    // Who ends hands its place over, so that nobody who comes later is faster.
    else await turn(waiting, signal);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function turn(waiting: (() => void)[], runSignal: AbortSignal): Promise<void> {
  // One of its own for each: Node warns of more than ten listeners on one signal.
  const signal = AbortSignal.any([runSignal]);
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(signal.reason as Error);
    };
    waiting.push(begin);
    signal.addEventListener('abort', leave, { once: true });
  });
}
