import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { endMarked, mark } from './processes.ts';

/** One timed run of a program. */
export interface Timed {
  readonly ms: number;
  /** Processor time of the program and all that it waited for, where it was asked for and it came to its end. */
  readonly cpuMs?: number;
  readonly status: number;
  readonly output: string;
  /** It was ended when its time was over. */
  readonly cut: boolean;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds until it is ended, with all that it started; default five minutes. */
  readonly limitMs?: number;
  /** Also read its processor time; a shell around it does that. */
  readonly cpu?: boolean;
}

const cpuLine = /^@@cpu (\d+\.\d+) (\d+\.\d+)\n/m;

/** Wall time of a whole process, from its start to its end, as somebody who waits for it sees it. */
export function timed(words: readonly string[], options: ProgramOptions = {}): Promise<Timed> {
  const shell = ['/bin/bash', '-c', 'TIMEFORMAT="@@cpu %U %S"; time "$@"', 'bench'];
  const [file = '', ...args] = options.cpu === true ? [...shell, ...words] : words;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CI: '1', ...options.env, [mark.name]: mark.value },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let cut = false;
    let output = '';
    const timer = setTimeout(() => {
      cut = true;
      endMarked().catch(reject);
    }, options.limitMs ?? 300_000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-1_000_000)));
    }
    child.once('error', reject);
    child.once('exit', (status) => {
      const ms = performance.now() - started;
      clearTimeout(timer);
      // What it left in the background may hold its output open.
      const close = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 1000);
      child.once('close', () => {
        clearTimeout(close);
        const [, user, system] = cpuLine.exec(output) ?? [];
        const cpu = user === undefined ? {} : { cpuMs: 1000 * (Number(user) + Number(system)) };
        resolve({ ms, ...cpu, status: status ?? 255, output: output.replace(cpuLine, ''), cut });
      });
    });
  });
}

/** The same, for a program that must end well. */
export async function mustRun(words: readonly string[], options: ProgramOptions = {}): Promise<Timed> {
  const result = await timed(words, options);
  if (result.status === 0) return result;
  const how = result.cut ? 'ended when its time was over' : `exit code ${result.status}`;
  throw new Error(`${words.join(' ').slice(0, 300)}: ${how}\n${result.output.slice(-4000)}`);
}

/** Several runs of one thing, in milliseconds. */
export interface Spread {
  readonly runs: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** Processor time on this machine's side, of the median kind. */
  readonly cpuMs?: number;
  /** It was ended after this time, and would have taken longer. */
  readonly cut?: true;
}

/** How often a thing is measured. */
export interface Repeat {
  readonly runs: number;
  /** No further run is begun that would end after this many milliseconds; the first one always is. */
  readonly budgetMs?: number;
  /** A first, unmeasured run fills caches that every later one finds filled. */
  readonly warm?: boolean;
}

/** Repeats a measured thing. */
export async function repeat({ runs, budgetMs, warm }: Repeat, once: () => Promise<Timed>): Promise<Spread> {
  if (warm !== false) await once();
  const until = performance.now() + (budgetMs ?? Infinity);
  const all: Timed[] = [];
  for (let run = 0; run < runs; run += 1) {
    const last = all.at(-1);
    if (last !== undefined && (last.cut || performance.now() + last.ms > until)) break;
    all.push(await once());
  }
  return spreadOf(all);
}

export function spreadOf(all: readonly Timed[]): Spread {
  const times = sorted(all.map(({ ms }) => ms));
  const cpu = sorted(all.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs])));
  return {
    runs: times.length,
    minMs: times.at(0) ?? 0,
    medianMs: middle(times) ?? 0,
    maxMs: times.at(-1) ?? 0,
    ...(cpu.length === 0 ? {} : { cpuMs: middle(cpu) ?? 0 }),
    ...(all.some(({ cut }) => cut) ? { cut: true } : {}),
  };
}

const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b);
const middle = (numbers: readonly number[]): number | undefined => numbers[Math.floor((numbers.length - 1) / 2)];
