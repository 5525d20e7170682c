import pMap from 'p-map';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Connection } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import { connectLocal, localRoot } from './local/connect.ts';
import { openSecrets } from './secrets.ts';
import type { Ask } from './secrets.ts';
import { openSsh } from './ssh/connect.ts';

/** The ways to the hosts of one run: what they share (jump hosts, answers of a person, keys) ends with it. */
export interface Transport extends AsyncDisposable {
  /**
   * Asks for the passwords and passphrases of these hosts, each once, so that nobody is asked in the middle of a run. What else is wrong with a host is
   * told when it is connected to.
   *
   * @throws K8supError of the question, where there is nobody to ask.
   */
  prepare(hosts: readonly Host[], signal: AbortSignal): Promise<void>;
  /**
   * Opens the one connection that a host keeps for a whole run; it is to be closed before the transport is.
   *
   * @throws K8supError of kind `connection` or `hostKey`.
   */
  connect(host: Host, signal: AbortSignal): Promise<Connection>;
}

export interface TransportOptions {
  readonly ask: Ask;
  readonly env: NodeJS.ProcessEnv;
  /** Told what is tried again. */
  readonly warn: (host: string, text: string) => void;
}

/** Programs (`ssh -G`) at once. */
const readers = 8;

export function openTransport({ ask, env, warn }: TransportOptions): Transport {
  const secrets = openSecrets(ask);
  const ssh = openSsh({ secrets, env, warn });
  const prepareOne = async (host: Host, signal: AbortSignal): Promise<void> => {
    try {
      await (host.connection === 'local' ? localRoot(host, secrets, { signal }) : ssh.prepare(host, signal));
    } catch (error) {
      if (!(error instanceof K8supError) || error.kind === 'usage' || error.kind === 'cancelled') throw error;
    }
  };
  return {
    prepare: async (hosts, signal) => {
      await pMap(hosts, (host) => prepareOne(host, signal), { concurrency: readers });
    },
    connect: (host, signal) =>
      host.connection === 'local' ? connectLocal(host, secrets, { signal }) : ssh.connect(host, signal),
    [Symbol.asyncDispose]: () => ssh[Symbol.asyncDispose](),
  };
}
