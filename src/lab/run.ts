import { execa } from 'execa';
import { K8supError } from '../errors/k8sup-error.ts';

export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** Milliseconds until the program is ended. */
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProgramResult {
  /** Undefined when it was ended by a signal or could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program of this machine and gives its standard output.
 *
 * @throws {@link K8supError} `LAB_COMMAND_FAILED` with the program's own last words; the signal's reason when it was aborted.
 */
export async function run(file: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const result = await attempt(file, args, options);
  if (result.exitCode === 0) return result.stdout;
  throw new K8supError({
    code: 'LAB_COMMAND_FAILED',
    kind: 'lab',
    what: `${[file, ...args].join(' ').slice(0, 300)} ${result.exitCode === undefined ? 'did not finish' : `ended with ${result.exitCode}`}`,
    why: lastLines(result.stderr === '' ? result.stdout : result.stderr, 15),
    fix: 'Mend what it says; then run the same command again.',
  });
}

/**
 * Like {@link run}, for programs whose failure is an answer.
 *
 * @throws the signal's reason when it was aborted.
 */
export async function attempt(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  options.signal.throwIfAborted();
  const result = await execa(file, args, {
    cancelSignal: options.signal,
    timeout: options.timeoutMs,
    forceKillAfterDelay: 5_000,
    stdin: 'ignore',
    reject: false,
    env: { LC_ALL: 'C.UTF-8', ...options.env },
  });
  options.signal.throwIfAborted();
  const cause = result.exitCode === undefined ? `${result.shortMessage}\n` : '';
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: cause + result.stderr };
}

/** The last `count` lines of a program's output. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
