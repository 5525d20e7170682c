/** Does one piece of work after another. */
export interface Queue {
  add(work: () => void | Promise<void>): void;
  /** Resolves when all work is done. @throws what the first failed piece of work threw. */
  idle(): Promise<void>;
}

export function openQueue(): Queue {
  let failure: Error | undefined;
  let last: Promise<void> = Promise.resolve();
  return {
    add: (work) => {
      last = last.then(work).catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
      });
    },
    idle: async () => {
      await last;
      if (failure !== undefined) throw failure;
    },
  };
}
