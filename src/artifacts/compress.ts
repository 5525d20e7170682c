import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { CompressedArtifact, LocalArtifact } from './artifact.ts';
import { isMissing } from './file-hash.ts';
import { hasProgram, runProgram } from './program.ts';

type Compression = CompressedArtifact['compression'];

/** Makes compressed copies. */
export type Compress = (artifact: LocalArtifact, how: Compression, signal: AbortSignal) => Promise<CompressedArtifact>;

/**
 * Copies are named by the sha256 of what is in them, so one that is there is right; each is made once, also for concurrent calls. zstd level 3 by
 * the controller's own program, as Node 20 has none; gzip level 1.
 *
 * @param zstd - the program, replaced in tests.
 */
export function openCompress(folder: string, zstd = 'zstd'): Compress {
  let zstdThere: Promise<boolean> | undefined;
  const running = new Map<string, Promise<CompressedArtifact>>();
  return async (artifact, how, signal) => {
    zstdThere ??= hasProgram(zstd, ['--version'], signal);
    const compression = how === 'zstd' && (await zstdThere) ? 'zstd' : 'gzip';
    const path = join(folder, `${artifact.sha256}.${compression === 'zstd' ? 'zst' : 'gz'}`);
    const mine = running.get(path) ?? make({ from: artifact.path, path, compression, zstd }, signal);
    running.set(path, mine);
    try {
      return await mine;
    } finally {
      running.delete(path);
    }
  };
}

interface Job {
  readonly from: string;
  readonly path: string;
  readonly compression: Compression;
  readonly zstd: string;
}

async function make(job: Job, signal: AbortSignal): Promise<CompressedArtifact> {
  const there = await lengthOf(job.path);
  if (there !== undefined) return { path: job.path, length: there, compression: job.compression };
  await mkdir(join(job.path, '..'), { recursive: true });
  const temporary = `${job.path}.${randomUUID()}`;
  try {
    await (job.compression === 'zstd' ? byZstd(job, temporary, signal) : byGzip(job, temporary, signal));
    await rename(temporary, job.path);
  } finally {
    await rm(temporary, { force: true });
  }
  return { path: job.path, length: (await lengthOf(job.path)) ?? 0, compression: job.compression };
}

async function byZstd(job: Job, target: string, signal: AbortSignal): Promise<void> {
  const result = await runProgram(job.zstd, ['-q', '-3', '-T0', '-f', '-o', target, job.from], {
    signal,
    timeoutMs: 600_000,
  });
  if (!result.ok) throw new Error(`zstd failed on ${job.from}: ${result.reason}`);
  // Its name is trusted for ever, so it gets it only when its content is on the disk.
  await using written = await open(target, 'r+');
  await written.sync();
}

async function byGzip(job: Job, target: string, signal: AbortSignal): Promise<void> {
  const chunks = { highWaterMark: 1 << 20 };
  await pipeline(
    createReadStream(job.from, chunks),
    createGzip({ level: 1 }),
    createWriteStream(target, { flush: true }),
    { signal },
  );
}

async function lengthOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
