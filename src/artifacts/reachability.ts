import { messageOf } from '../errors/k8sup-error.ts';
import type { Network } from './network.ts';
import { RequestError } from './network.ts';

/** Knows which servers answer; a refusal is remembered, so that a closed network is met once. */
export interface Reachability {
  /**
   * Whether the server of `url` answers at all.
   *
   * @returns the reason why not, or undefined.
   * @throws the signal's reason when it was aborted.
   */
  refusal(url: string, signal: AbortSignal): Promise<string | undefined>;
  /** Whether the file at `url` is there; false also for a server that does not answer. */
  has(url: string, signal: AbortSignal): Promise<boolean>;
}

/** @param limitMs - how long a probe may take. */
export function openReachability(network: Network, limitMs = 5_000): Reachability {
  const origins = new Map<string, Promise<string | undefined>>();
  const probe = async (url: string, signal: AbortSignal): Promise<number | string> => {
    const limit = AbortSignal.timeout(limitMs);
    try {
      const response = await network.request(url, { method: 'HEAD', signal: AbortSignal.any([signal, limit]) });
      return response.status;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RequestError && error.status !== undefined) return error.status;
      return limit.aborted ? `${new URL(url).host} gave no answer within ${limitMs / 1000} s` : messageOf(error);
    }
  };
  const refusal = async (url: string, signal: AbortSignal): Promise<string | undefined> => {
    const { origin } = new URL(url);
    let known = origins.get(origin);
    if (known === undefined) {
      known = probe(url, signal).then((answer) => (typeof answer === 'string' ? answer : undefined));
      origins.set(origin, known);
      known.catch(() => origins.delete(origin));
    }
    return await known;
  };
  return {
    refusal,
    async has(url, signal) {
      if ((await refusal(url, signal)) !== undefined) return false;
      const answer = await probe(url, signal);
      return typeof answer === 'number' && answer < 400;
    },
  };
}
