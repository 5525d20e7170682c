import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Content, RunOptions, RunResult } from '../host/connection.ts';
import { frameScript, goLine, passwordPrompt, rootMark } from '../host/loader.ts';
import type { FramedScript } from '../host/loader.ts';
import { ahead, rootRefused, withoutPrompts } from './root-login.ts';
import type { RootLogin } from './root-login.ts';

/** A loader that waits for its script: a channel of SSH or a process of this machine. */
export interface Pipe {
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** The exit code when all output has come; undefined where the way to the host ended first. */
  readonly ended: Promise<number | undefined>;
  /** Lets go of it; the script itself is not ended. */
  close(): void;
}

/** What running a script needs to know of its host. */
export interface ScriptHost {
  readonly name: string;
  readonly root: RootLogin;
  readonly onSent: (bytes: number) => void;
  /** The error for a way that ended before the script. */
  readonly lost: () => K8supError;
}

/**
 * Runs one framed script: it and its contents go to standard input with backpressure, output comes back by line.
 *
 * @param open - makes the pipe; what it takes counts towards the limit.
 * @throws K8supError `HOST_TIMEOUT` after `timeoutMs`; `CONNECTION_LOST` when the connection ends first; `NO_ROOT` or `BECOME_PASSWORD_WRONG` where
 * sudo or su refuses; `UPLOAD_UNREADABLE` when a file to send cannot be read.
 */
export async function runScript(
  host: ScriptHost,
  open: (stop: AbortSignal) => Promise<Pipe>,
  script: string,
  options: RunOptions,
): Promise<RunResult> {
  const timer = AbortSignal.timeout(options.timeoutMs);
  const stop = AbortSignal.any([timer, options.signal]);
  const seen: Seen = { doing: 'the host did not open a session', lastAt: undefined };
  try {
    const pipe = await open(stop);
    seen.doing = host.root.with === 'none' ? 'no shell started' : `${host.root.with} did not start a shell`;
    return checkStarted(host, await talk(pipe, host, frameScript(script), { ...options, signal: stop }, seen));
  } catch (error) {
    if (timer.aborted) throw timeoutError(host, options.timeoutMs, seen);
    options.signal.throwIfAborted();
    throw error;
  }
}

/** How far a script has come, for the message of one that never ends. */
interface Seen {
  doing: string;
  lastAt: number | undefined;
}

/** Sends and listens until both have ended: a script that ends early closes its input, which is no error of its own, its exit code tells. */
async function talk(
  pipe: Pipe,
  host: ScriptHost,
  framed: FramedScript,
  options: RunOptions,
  seen: Seen,
): Promise<Collected> {
  const root = rootDialog();
  const output = collect(pipe, framed, options, { root, seen });
  // Where the pipe ends first, how it ended tells more than that nothing could be sent.
  const sending = becomeRoot(pipe, host, root).then((go) => (go ? send(pipe, host, framed, options) : undefined));
  try {
    const [result] = await Promise.race([Promise.all([output, sending]), stopped(options.signal)]);
    return result;
  } catch (error) {
    pipe.close();
    throw error;
  }
}

interface Collected extends RunResult {
  readonly started: boolean;
  readonly closed: boolean;
}

/** What sudo asks and root's shell says, as it is seen in the output. */
interface RootDialog {
  readonly asked: Promise<void>;
  readonly askedAgain: Promise<void>;
  readonly ready: Promise<void>;
  readonly onPrompt: (count: number) => void;
  readonly onReady: () => void;
}

function rootDialog(): RootDialog {
  const [asked, askedAgain, ready] = [deferred(), deferred(), deferred()];
  return {
    asked: asked.promise,
    askedAgain: askedAgain.promise,
    ready: ready.promise,
    onReady: ready.resolve,
    onPrompt: (count) => {
      if (count > 0) asked.resolve();
      if (count > 1) askedAgain.resolve();
    },
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** False where the pipe ended before there was a shell of root's. */
async function becomeRoot(pipe: Pipe, host: ScriptHost, dialog: RootDialog): Promise<boolean> {
  const { password } = host.root;
  pipe.input.on('error', () => undefined);
  if (password === undefined) return true;
  if (password.proven) {
    pipe.input.write(ahead(password));
    return true;
  }
  const ready = dialog.ready.then(() => 'ready' as const);
  const ended = pipe.ended.then(() => 'ended' as const);
  // su has no prompt that could be told from other text; it asks once, at its beginning.
  const asked = host.root.with === 'su' ? Promise.resolve('asked' as const) : dialog.asked.then(() => 'asked' as const);
  let next: 'ready' | 'ended' | 'asked' | 'again' = await Promise.race([ready, ended, asked]);
  if (next === 'asked') {
    pipe.input.write(`${password.text}\n`);
    next = await Promise.race([ready, ended, dialog.askedAgain.then(() => 'again' as const)]);
  }
  if (next === 'again') throw rootRefused(host.name, host.root, 'incorrect password');
  if (next === 'ended') return false;
  password.proven = true;
  pipe.input.write(`${goLine}\n`);
  return true;
}

interface Listeners {
  readonly root: RootDialog;
  readonly seen: Seen;
}

async function collect(
  pipe: Pipe,
  framed: FramedScript,
  options: RunOptions,
  { root, seen }: Listeners,
): Promise<Collected> {
  const lines: string[] = [];
  const decoder = new StringDecoder('utf8');
  let [rest, stderr, started] = ['', '', false];
  const take = (line: string): void => {
    if (!started) {
      if (line.endsWith(rootMark)) root.onReady();
      started = line.endsWith(framed.startMark);
      if (started) seen.doing = 'the script did not end';
      return;
    }
    if (options.keepOutput !== false) lines.push(line);
    options.onLine?.(line);
  };
  pipe.output.on('data', (chunk: Buffer) => {
    seen.lastAt = performance.now();
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(take);
  });
  pipe.errors.on('data', (chunk: Buffer) => {
    seen.lastAt = performance.now();
    stderr = (stderr + chunk.toString('utf8')).slice(-20_000);
    if (!started) root.onPrompt(stderr.split(passwordPrompt).length - 1);
  });
  const exitCode = await pipe.ended;
  if (rest !== '') take(rest);
  const stdout = lines.map((line) => `${line}\n`).join('');
  return { exitCode: exitCode ?? 255, stdout, stderr: withoutPrompts(stderr), started, closed: exitCode === undefined };
}

/**
 * Sends with backpressure. The input is written to and ended, never destroyed: a script that ends early (sudo that refuses) closes its input first, and its exit
 * code and last words are still to come.
 */
async function send(
  { input, ended }: Pipe,
  host: ScriptHost,
  framed: FramedScript,
  options: RunOptions,
): Promise<void> {
  // The input of a connection that was cut stays writable for ever, and never drains.
  const state = { over: false };
  const end = ended.then(() => void (state.over = true));
  for await (const chunk of chunks(host, framed, options.contents ?? [])) {
    if (state.over || !input.writable) return;
    if (!input.write(chunk)) await Promise.race([drained(input), end]);
  }
  if (!state.over && input.writable && options.holdInput !== true) input.end();
}

function drained(input: Writable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) input.off(event, done);
      resolve();
    };
    for (const event of events) input.on(event, done);
  });
}

async function* chunks(host: ScriptHost, framed: FramedScript, contents: readonly Content[]): AsyncGenerator<Buffer> {
  host.onSent(framed.frame.length);
  yield framed.frame;
  for (const content of contents) {
    if ('bytes' in content) {
      host.onSent(content.bytes.length);
      yield content.bytes;
      continue;
    }
    for await (const bytes of read(host, content)) {
      host.onSent(bytes.length);
      yield bytes;
    }
  }
}

async function* read(host: ScriptHost, content: Exclude<Content, { bytes: Buffer }>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of content.open()) yield chunk as Buffer;
  } catch (error) {
    throw new K8supError({
      code: 'UPLOAD_UNREADABLE',
      kind: 'artifact',
      host: host.name,
      what: `${host.name}: ${content.path} cannot be sent`,
      why: messageOf(error),
      fix: 'look at the file and its disk on this machine, then run the same command again',
      cause: error,
    });
  }
}

function checkStarted(host: ScriptHost, result: Collected): RunResult {
  if (result.closed) throw host.lost();
  if (result.started) return result;
  const byRoot = host.root.with === 'su' ? /\bsu\b|password/i : /sudo|password/i;
  if (host.root.with !== 'none' && byRoot.test(result.stderr)) {
    throw rootRefused(host.name, host.root, result.stderr);
  }
  throw new K8supError({
    code: 'NO_SHELL',
    kind: 'connection',
    host: host.name,
    what: `${host.name}: no POSIX shell answered`,
    why: result.stderr.trim() || `the session ended with exit code ${String(result.exitCode)}`,
    fix: 'the login shell must run commands with sh syntax',
  });
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error('stopped'));
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}

function timeoutError(host: ScriptHost, ms: number, { doing, lastAt }: Seen): K8supError {
  const silent = lastAt === undefined ? undefined : Math.round((performance.now() - lastAt) / 1000);
  const last = silent === undefined ? 'nothing came from it' : `the last word from it came ${String(silent)} s ago`;
  return new K8supError({
    code: 'HOST_TIMEOUT',
    kind: 'command',
    host: host.name,
    what: `${host.name}: no end after ${String(Math.round(ms / 1000))} s`,
    why: `the connection is up, but ${doing}; ${last}`,
    fix: 'the host may be overloaded or hang (look at its load, disks and dmesg), then run the same command again',
  });
}
