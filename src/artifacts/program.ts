export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** Milliseconds until the program is ended. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** True: nothing of this process' own environment is seen by the program. */
  readonly ownEnv?: boolean;
  /** Its standard input. */
  readonly input?: string;
  /** Called with each line of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last words of a program that failed, or why it could not be started. */
  readonly reason: string;
}

/**
 * Runs a program of the controller; its failure is an answer.
 *
 * @throws the signal's reason when it was aborted.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  // Late, as most runs start no program.
  const { execa } = await import('execa');
  options.signal.throwIfAborted();
  const child = execa(file, args, {
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    extendEnv: options.ownEnv !== true,
    reject: false,
    // A group of its own: a compiler's children must end with it.
    detached: true,
    maxBuffer: 64 * 1024 * 1024,
    env: { LC_ALL: 'C.UTF-8', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.onErrorLine === undefined ? {} : { stderr: ['pipe', lineListener(options.onErrorLine)] as const }),
  });
  const stop = stopper(child.pid);
  const limit = setTimeout(stop, options.timeoutMs);
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    const result = await child;
    options.signal.throwIfAborted();
    const words = `${result.stderr}\n${result.stdout}`.trim() || (result.shortMessage ?? '');
    const why = result.exitCode === undefined ? `${result.shortMessage ?? file}\n${words}` : words;
    return { ok: result.exitCode === 0, stdout: result.stdout, reason: lastLines(why, 12) };
  } finally {
    clearTimeout(limit);
    options.signal.removeEventListener('abort', stop);
  }
}

/** Whether a program is on the PATH and starts. */
export async function hasProgram(file: string, args: readonly string[], signal: AbortSignal): Promise<boolean> {
  return (await runProgram(file, args, { signal, timeoutMs: 15_000 })).ok;
}

/** The last `count` lines of a text. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function lineListener(listen: (line: string) => void) {
  return function* (line: unknown) {
    if (typeof line === 'string') listen(line);
    yield line;
  };
}

function stopper(pid: number | undefined): () => void {
  return () => {
    if (pid === undefined) return;
    endGroup(pid, 'SIGTERM');
    setTimeout(() => endGroup(pid, 'SIGKILL'), 5_000).unref();
  };
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
