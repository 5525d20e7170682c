import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher, Response } from 'undici';
import { messageOf } from '../errors/k8sup-error.ts';

/** A request that did not give what was asked for. */
export class RequestError extends Error {
  /** True when the same request may succeed later. */
  readonly transient: boolean;
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;

  constructor(message: string, transient: boolean, status?: number) {
    super(message);
    this.name = 'RequestError';
    this.transient = transient;
    this.status = status;
  }
}

/** The way to HTTP servers: proxies by environment, limits on every wait. */
export interface Network {
  /**
   * One request, redirects followed. The body is the caller's to read or cancel.
   *
   * @throws RequestError for no answer or a status of 400 and above; the signal's reason when aborted.
   */
  request(url: string, options: RequestOptions): Promise<Response>;
  /** Waits between attempts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface NetworkOptions {
  readonly dispatcher?: Dispatcher;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export function openNetwork(options: NetworkOptions = {}): Network {
  let dispatcher = options.dispatcher;
  return {
    async request(url, request) {
      // Loaded and made late, so that a run that needs no network waits for nothing of it.
      const { EnvHttpProxyAgent } = await import('undici');
      dispatcher ??= new EnvHttpProxyAgent({
        connect: { timeout: 10_000 },
        headersTimeout: 30_000,
        bodyTimeout: 60_000,
      });
      return await send(url, request, dispatcher);
    },
    wait: options.wait ?? (async (milliseconds, signal) => sleep(milliseconds, undefined, { signal })),
  };
}

/**
 * Runs `body` up to `attempts` times while it fails in a way that can pass, with growing waits.
 *
 * @throws what the last attempt threw.
 */
export async function retried<T>(
  network: Network,
  attempts: number,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await body();
    } catch (error) {
      if (attempt >= attempts || !(error instanceof RequestError) || !error.transient) throw error;
      await network.wait(500 * 2 ** (attempt - 1), signal);
    }
  }
}

/**
 * A small text, such as a checksum file.
 *
 * @param limit - bytes.
 * @throws RequestError, also for more than the limit.
 */
export async function readText(network: Network, url: string, signal: AbortSignal, limit = 1 << 20): Promise<string> {
  return await retried(network, 4, signal, async () => {
    const response = await network.request(url, { signal });
    try {
      const text = await response.text();
      if (text.length > limit) throw new RequestError(`${url} is longer than ${limit >> 20} MiB`, false);
      return text;
    } catch (error) {
      throw asRequestError(url, error, signal);
    }
  });
}

/**
 * Turns what a stream or request threw into a {@link RequestError}.
 *
 * @throws the signal's reason when it was aborted.
 */
export function asRequestError(url: string, error: unknown, signal: AbortSignal): RequestError {
  signal.throwIfAborted();
  if (error instanceof RequestError) return error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new RequestError(
    `${new URL(url).host}: ${messageOf(cause)}`,
    passing.test(code) || messageOf(error) === 'terminated',
  );
}

/** Codes of failures that a later attempt may not meet: a name that does not resolve or a refused connection is not one. */
const passing =
  /^(ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/;

async function send(url: string, request: RequestOptions, dispatcher: Dispatcher): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  let response: Response;
  try {
    const { fetch } = await import('undici');
    response = await fetch(url, {
      method: request.method ?? 'GET',
      // A length and a range must count the file's own bytes.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'k8sup', ...request.headers },
      signal,
      dispatcher,
    });
  } catch (error) {
    throw asRequestError(url, error, signal);
  }
  if (response.status < 400) return response;
  await response.body?.cancel();
  const transient = response.status >= 500 || [408, 425, 429].includes(response.status);
  throw new RequestError(
    `${url} answered ${response.status} ${response.statusText}`.trimEnd(),
    transient,
    response.status,
  );
}
