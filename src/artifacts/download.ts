import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { Response } from 'undici';
import { checksumError } from './artifact-error.ts';
import { isMissing, readIfThere } from './file-hash.ts';
import type { Network } from './network.ts';
import { RequestError, asRequestError, retried } from './network.ts';

export interface Download {
  readonly url: string;
  /** Where the checked file ends up; beside it lie `.part` and `.validator` while it is incomplete. */
  readonly target: string;
  /** Undefined only where the publisher gives no checksum. */
  readonly sha256: string | undefined;
  readonly signal: AbortSignal;
}

/** The longest that one file may take. */
const limitMs = 60 * 60_000;

/**
 * Downloads a file; one that was cut off goes on where it stopped, if the server still has the same one. The target appears by a rename, complete
 * and checked, or not at all.
 *
 * @returns its sha256.
 * @throws K8supError `ARTIFACT_CHECKSUM`; {@link RequestError}; the signal's reason when aborted.
 */
export async function download(network: Network, wanted: Download): Promise<string> {
  await mkdir(dirname(wanted.target), { recursive: true });
  const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(limitMs)]);
  const first = await complete(network, wanted, signal);
  if (matches(first.sha256, wanted)) return await settle(wanted, first.sha256);
  await discard(wanted);
  // What an earlier run left may be of another file: worth one attempt from the start.
  const second = first.resumed ? await complete(network, wanted, signal) : first;
  if (matches(second.sha256, wanted)) return await settle(wanted, second.sha256);
  await discard(wanted);
  throw checksumError({
    file: wanted.url,
    expected: wanted.sha256 ?? '',
    got: second.sha256,
    fix: 'The file was thrown away. Try again; if it stays like this, the server or something between gives other bytes than were published.',
  });
}

interface Complete {
  readonly sha256: string;
  readonly resumed: boolean;
}

async function complete(network: Network, wanted: Download, signal: AbortSignal): Promise<Complete> {
  let resumed = false;
  const sha256 = await retried(network, 5, signal, async () => {
    const offset = await resumable(wanted);
    resumed ||= offset > 0;
    return await attempt(network, wanted, offset, signal);
  });
  return { sha256, resumed };
}

async function attempt(network: Network, wanted: Download, offset: number, signal: AbortSignal): Promise<string> {
  const validator = await readIfThere(validatorOf(wanted));
  const headers = offset === 0 ? {} : { range: `bytes=${offset}-`, 'if-range': validator };
  let response: Response;
  try {
    response = await network.request(wanted.url, { headers, signal });
  } catch (error) {
    if (!(error instanceof RequestError) || error.status !== 416) throw error;
    await discard(wanted);
    throw new RequestError(error.message, true, 416);
  }
  const start =
    response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${offset}-`) ? offset : 0;
  if (response.status === 206 && start !== offset)
    throw new RequestError(`${wanted.url} answered a range that was not asked for`, false);
  const hash = createHash('sha256');
  if (start > 0) await hashFile(partOf(wanted), hash, signal);
  else await writeFile(validatorOf(wanted), strongValidator(response));
  try {
    await receive(response, { part: partOf(wanted), start, hash }, signal);
  } catch (error) {
    throw asRequestError(wanted.url, error, signal);
  }
  return hash.digest('hex');
}

/** Writes each chunk before it takes the next, so that a cut line loses little. */
async function receive(
  response: Response,
  into: { part: string; start: number; hash: Hash },
  signal: AbortSignal,
): Promise<void> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body, { signal });
  const file = await open(into.part, into.start > 0 ? 'a' : 'w');
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      await file.writeFile(chunk);
      into.hash.update(chunk);
      received += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (Number.isFinite(length) && received !== length) {
    throw new RequestError(`${response.url} ended after ${received} of ${length} bytes`, true);
  }
}

/** Bytes that are there already and may be gone on from: only those that a validator belongs to. */
async function resumable(wanted: Download): Promise<number> {
  if ((await readIfThere(validatorOf(wanted))) === '') return 0;
  try {
    return (await stat(partOf(wanted))).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** If-Range takes a strong ETag or a date. */
function strongValidator(response: Response): string {
  const etag = response.headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return response.headers.get('last-modified') ?? '';
}

async function hashFile(path: string, hash: Hash, signal: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
}

function matches(sha256: string, wanted: Download): boolean {
  return wanted.sha256 === undefined || sha256 === wanted.sha256;
}

async function settle(wanted: Download, sha256: string): Promise<string> {
  await rename(partOf(wanted), wanted.target);
  await rm(validatorOf(wanted), { force: true });
  return sha256;
}

async function discard(wanted: Download): Promise<void> {
  await rm(partOf(wanted), { force: true });
  await rm(validatorOf(wanted), { force: true });
}

function partOf(wanted: Download): string {
  return `${wanted.target}.part`;
}

function validatorOf(wanted: Download): string {
  return `${wanted.target}.validator`;
}
