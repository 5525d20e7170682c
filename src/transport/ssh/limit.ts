/** Lets a number of pieces of work run at a time; the others wait in the order in which they came. */
export interface Limit {
  /** @throws the signal's reason when it is aborted while the work still waits. */
  <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Running now. */
  readonly running: number;
  /** Lets fewer in from now on, but at least one. */
  lower(count: number): void;
}

export function limitTo(count: number): Limit {
  let running = 0;
  let most = count;
  const waiting: (() => void)[] = [];
  const limit = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    if (running < most) running += 1;
    // Who ends hands its place over, so that nobody who comes later is faster.
    else await turn(waiting, signal);
    try {
      return await work();
    } finally {
      const next = running > most ? undefined : waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return Object.defineProperties(limit, {
    running: { get: () => running },
    lower: { value: (lower: number) => void (most = Math.max(1, Math.min(most, lower))) },
  }) as Limit;
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
