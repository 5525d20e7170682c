import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Io } from './io.ts';

/**
 * Asks at the terminal for what must not be shown.
 *
 * @param otherwise - how else it can be given, for where there is no terminal.
 * @throws K8supError `NO_TERMINAL`, or `CANCELLED` where Ctrl-C or Ctrl-D is the answer.
 */
export async function askSecret(io: Io, question: string, signal: AbortSignal, otherwise = ofHosts): Promise<string> {
  if (io.in.isTTY !== true) {
    throw new K8supError({
      code: 'NO_TERMINAL',
      kind: 'usage',
      what: `the ${question} is needed, and there is no terminal to ask at`,
      fix: `run k8sup at a terminal, or ${otherwise}`,
    });
  }
  signal.throwIfAborted();
  io.err.write(`${question}: `);
  // readline with a terminal takes its echo over, and this one shows nothing.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.in, output: silent, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(cancelled(question)));
      lines.once('close', () => reject(cancelled(question)));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  } finally {
    lines.close();
    io.err.write('\n');
  }
}

const ofHosts =
  'put a key into ssh-agent, or name a passwordFile or passwordCommand (becomePasswordFile, becomePasswordCommand) in the inventory';

function cancelled(question: string): K8supError {
  return new K8supError({
    code: 'CANCELLED',
    kind: 'cancelled',
    what: `the ${question} was not given; nothing was changed`,
    fix: 'run the same command again',
  });
}
