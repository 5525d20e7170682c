import { readFile } from 'node:fs/promises';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { SecretSource } from '../inventory/ssh-settings.ts';

/**
 * Asks a person, without showing what is typed.
 *
 * @throws K8supError where there is nobody to ask.
 */
export type Ask = (question: string, signal: AbortSignal) => Promise<string>;

/** Whose secret it is. */
export interface SecretOwner {
  /** For a question and for messages, for example `password of ops`. */
  readonly what: string;
  /** Undefined for what is not of a host. */
  readonly host?: string;
}

/** Secrets of one run: each is read, or asked for, once. They are kept in memory alone. */
export interface Secrets {
  /** @throws K8supError `PASSWORD_UNREADABLE` or that of the question. */
  get(source: SecretSource, owner: SecretOwner, signal: AbortSignal): Promise<string>;
  /** A question whose answer is of use only once. */
  askAgain(question: string, signal: AbortSignal): Promise<string>;
}

/** As long as a person needs to unlock a password store. */
const commandLimitMs = 120_000;

export function openSecrets(ask: Ask): Secrets {
  const known = new Map<string, Promise<string>>();
  let turn: Promise<unknown> = Promise.resolve();
  const once = (key: string, read: () => Promise<string>): Promise<string> => {
    const value = known.get(key) ?? read();
    known.set(key, value);
    return value;
  };
  // Two questions at once could not be told apart at a terminal.
  const askAgain: Secrets['askAgain'] = (question, signal) => {
    const answer = turn.then(() => ask(question, signal));
    turn = answer.catch(() => undefined);
    return answer;
  };
  return {
    askAgain,
    get: (source, owner, signal) => {
      if ('file' in source) return once(`file ${source.file}`, () => fromFile(source.file, owner));
      if ('command' in source) {
        return once(`command ${source.command}`, () => fromCommand(source.command, owner, signal));
      }
      const question = source.ask === 'once' ? owner.what : `${owner.what} on ${owner.host ?? 'this machine'}`;
      return once(`ask ${question}`, () => askAgain(question, signal));
    },
  };
}

async function fromFile(file: string, owner: SecretOwner): Promise<string> {
  try {
    return oneLine(await readFile(file, 'utf8'), file, owner);
  } catch (error) {
    throw error instanceof K8supError ? error : unreadable(owner, file, messageOf(error));
  }
}

/** The terminal stays the command's own: a password store may have to be unlocked there. */
async function fromCommand(command: string, owner: SecretOwner, signal: AbortSignal): Promise<string> {
  const { execa } = await import('execa');
  signal.throwIfAborted();
  const result = await execa('/bin/sh', ['-c', command], {
    stdin: 'inherit',
    timeout: commandLimitMs,
    cancelSignal: signal,
    reject: false,
  });
  signal.throwIfAborted();
  const name = `the command  ${command}`;
  if (!result.failed) return oneLine(result.stdout, name, owner);
  const how = result.timedOut
    ? 'it did not end'
    : `it ended with exit code ${String(result.exitCode ?? 'of a signal')}`;
  // Its standard output may hold the secret, so only the other one is told.
  throw unreadable(owner, name, [how, result.stderr.slice(-500).trim()].filter((text) => text !== '').join(': '));
}

function oneLine(text: string, from: string, owner: SecretOwner): string {
  const line = text.replace(/\r?\n$/, '');
  if (line === '') throw unreadable(owner, from, 'it is empty');
  if (/[\r\n]/.test(line)) throw unreadable(owner, from, 'it has more than one line');
  return line;
}

function unreadable({ what, host }: SecretOwner, from: string, why: string): K8supError {
  return new K8supError({
    code: 'PASSWORD_UNREADABLE',
    ...(host === undefined ? { kind: 'pki' } : { kind: 'connection', host }),
    what: `${host === undefined ? '' : `${host}: `}the ${what} cannot be had from ${from}`,
    why,
    fix: 'it must give that alone, on one line',
  });
}
