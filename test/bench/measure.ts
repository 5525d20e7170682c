import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** One timed run of a program. */
export interface Timed {
  readonly ms: number;
  readonly status: number;
  readonly output: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds until it is ended; default ten minutes. */
  readonly limitMs?: number;
}

/** Wall time of a whole process, from its start to its end, as somebody who waits for it sees it. */
export function timed(words: readonly string[], options: ProgramOptions = {}): Promise<Timed> {
  const [file = '', ...args] = words;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.limitMs ?? 600_000,
      env: { ...process.env, CI: '1', ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-1_000_000)));
    }
    child.once('error', reject);
    child.once('close', (status) => resolve({ ms: performance.now() - started, status: status ?? 255, output }));
  });
}

/** The same, for a program that must end well. */
export async function mustRun(words: readonly string[], options: ProgramOptions = {}): Promise<Timed> {
  const result = await timed(words, options);
  if (result.status === 0) return result;
  throw new Error(`${words.join(' ')}: exit code ${result.status}\n${result.output.slice(-4000)}`);
}

/** Several runs of one thing, in milliseconds. */
export interface Spread {
  readonly runs: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** Repeats a measured thing; the first, unmeasured run fills caches that every later one finds filled. */
export async function repeat(runs: number, once: () => Promise<Timed>, warm = true): Promise<Spread> {
  if (warm) await once();
  const all: number[] = [];
  for (let run = 0; run < runs; run += 1) all.push((await once()).ms);
  return spreadOf(all);
}

export function spreadOf(times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const [min = 0, max = 0] = [sorted.at(0), sorted.at(-1)];
  return { runs: sorted.length, minMs: min, medianMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, maxMs: max };
}
