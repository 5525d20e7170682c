import { openTransport } from '../transport/transport.ts';
import type { Transport, TransportOptions } from '../transport/transport.ts';
import { askSecret } from './ask-secret.ts';
import type { Io } from './io.ts';

/** The ways to the hosts, with questions asked at the terminal. */
export function transportOf(io: Io, warn: TransportOptions['warn']): Transport {
  return openTransport({ ask: (question, signal) => askSecret(io, question, signal), env: io.env, warn });
}
