import { StringDecoder } from 'node:string_decoder';
import type ssh2 from 'ssh2';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { Content, RunOptions, RunResult } from '../../host/connection.ts';
import { frameScript } from '../../host/loader.ts';
import type { FramedScript } from '../../host/loader.ts';

/** What a channel needs to know of its host. */
export interface ChannelHost {
  readonly name: string;
  readonly command: string;
  readonly onSent: (bytes: number) => void;
}

/**
 * Runs one framed script in one channel: the script and its contents go to standard input with backpressure, output comes back by line.
 *
 * @throws K8supError `HOST_TIMEOUT` after `timeoutMs`, the opening of the channel included; `CONNECTION_LOST` when the connection ends first; `NO_ROOT`
 * where sudo refuses; `UPLOAD_UNREADABLE` when a file to send cannot be read.
 */
export async function runInChannel(
  client: ssh2.Client,
  host: ChannelHost,
  script: string,
  options: RunOptions,
): Promise<RunResult> {
  const framed = frameScript(script);
  const timer = AbortSignal.timeout(options.timeoutMs);
  const stop = AbortSignal.any([timer, options.signal]);
  try {
    const channel = await openChannel(client, host, stop);
    return checkStarted(host, await talk(channel, host, framed, { ...options, signal: stop }));
  } catch (error) {
    if (timer.aborted) throw timeoutError(host, options.timeoutMs);
    options.signal.throwIfAborted();
    throw error;
  }
}

/** Sends and listens until both have ended: a script that ends early closes its input, which is no error of its own, its exit code tells. */
async function talk(
  channel: ssh2.ClientChannel,
  host: ChannelHost,
  framed: FramedScript,
  options: RunOptions,
): Promise<Collected> {
  const output = collect(channel, framed, options);
  const sending = send(channel, host, framed, options);
  try {
    const [result] = await Promise.race([Promise.all([output, sending]), stopped(options.signal)]);
    return result;
  } catch (error) {
    channel.close();
    channel.destroy();
    throw error;
  }
}

interface Collected extends RunResult {
  readonly started: boolean;
  readonly closed: boolean;
}

function openChannel(client: ssh2.Client, host: ChannelHost, stop: AbortSignal): Promise<ssh2.ClientChannel> {
  stop.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = (error: Error): void => {
      client.off('close', lost);
      stop.removeEventListener('abort', end);
      reject(error);
    };
    const lost = (): void => leave(lostError(host.name));
    const end = (): void => leave(new Error('stopped'));
    client.once('close', lost);
    stop.addEventListener('abort', end, { once: true });
    try {
      client.exec(host.command, (error, channel) => {
        if (error !== undefined) leave(refusedError(host.name, error));
        // Nobody waits for it any more.
        else if (stop.aborted) channel.close();
        else {
          client.off('close', lost);
          stop.removeEventListener('abort', end);
          resolve(channel);
        }
      });
    } catch (error) {
      leave(lostError(host.name, error));
    }
  });
}

function collect(channel: ssh2.ClientChannel, framed: FramedScript, options: RunOptions): Promise<Collected> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let stderr = '';
    let started = false;
    let exitCode: number | undefined;
    const take = (line: string): void => {
      if (!started) {
        started = line.endsWith(framed.startMark);
        return;
      }
      if (options.keepOutput !== false) lines.push(line);
      options.onLine?.(line);
    };
    channel.on('data', (chunk: Buffer) => {
      const parts = (rest + decoder.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(take);
    });
    channel.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(-20_000)));
    channel.on('exit', (code: number | null) => (exitCode = code ?? 255));
    channel.on('close', () => {
      if (rest !== '') take(rest);
      resolve({
        exitCode: exitCode ?? 255,
        stdout: lines.map((line) => `${line}\n`).join(''),
        stderr,
        started,
        closed: exitCode === undefined,
      });
    });
  });
}

/**
 * Sends with backpressure. The channel is written to and ended, never destroyed: a script that ends early (sudo that refuses) closes its input first, and its exit
 * code and last words are still to come.
 */
async function send(
  channel: ssh2.ClientChannel,
  host: ChannelHost,
  framed: FramedScript,
  options: RunOptions,
): Promise<void> {
  channel.on('error', () => undefined);
  for await (const chunk of chunks(host, framed, options.contents ?? [])) {
    if (!channel.writable) return;
    if (!channel.write(chunk)) await drained(channel);
  }
  if (channel.writable && options.holdInput !== true) channel.end();
}

function drained(channel: ssh2.ClientChannel): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) channel.off(event, done);
      resolve();
    };
    for (const event of events) channel.on(event, done);
  });
}

async function* chunks(host: ChannelHost, framed: FramedScript, contents: readonly Content[]): AsyncGenerator<Buffer> {
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

async function* read(host: ChannelHost, content: Exclude<Content, { bytes: Buffer }>): AsyncGenerator<Buffer> {
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

function checkStarted(host: ChannelHost, result: Collected): RunResult {
  if (result.closed) throw lostError(host.name);
  if (result.started) return result;
  if (/sudo/.test(result.stderr)) {
    throw new K8supError({
      code: 'NO_ROOT',
      kind: 'connection',
      host: host.name,
      what: `${host.name}: the user may not become root with sudo`,
      why: result.stderr.trim(),
      fix: 'allow the user sudo without a password (NOPASSWD), or log in as root',
    });
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

function refusedError(host: string, error: Error): K8supError {
  return new K8supError({
    code: 'CHANNEL_REFUSED',
    kind: 'connection',
    host,
    what: `${host}: sshd opens no session`,
    why: error.message,
    fix: 'look at MaxSessions and ForceCommand in sshd_config on the host',
    cause: error,
  });
}

function lostError(host: string, cause?: unknown): K8supError {
  return new K8supError({
    code: 'CONNECTION_LOST',
    kind: 'connection',
    host,
    what: `${host}: the SSH connection was lost`,
    fix: 'look whether the host was rebooted or the network cut; then run the same command again: it goes on where it stopped',
    cause,
  });
}

function timeoutError(host: ChannelHost, ms: number): K8supError {
  return new K8supError({
    code: 'HOST_TIMEOUT',
    kind: 'command',
    host: host.name,
    what: `${host.name}: no end after ${String(Math.round(ms / 1000))} s`,
    fix: 'the host may be overloaded or hang: look at it, then run the same command again',
  });
}
