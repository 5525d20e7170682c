import type { Connection } from '../../src/host/connection.ts';
import type { Host } from '../../src/inventory/model.ts';
import { openTransport } from '../../src/transport/transport.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** A connection with a transport of its own, which ends with it. */
export async function connectSsh(host: Host, signal: AbortSignal): Promise<Connection> {
  const { transport } = testTransport();
  try {
    const connection = await transport.connect(host, signal);
    const end = connection[Symbol.asyncDispose].bind(connection);
    return Object.assign(Object.create(connection) as Connection, {
      [Symbol.asyncDispose]: async () => {
        await end();
        await transport[Symbol.asyncDispose]();
      },
    });
  } catch (error) {
    await transport[Symbol.asyncDispose]();
    throw error;
  }
}

export interface TestTransport extends AsyncDisposable {
  readonly transport: Transport;
  /** Questions so far. */
  readonly asked: readonly string[];
  readonly warnings: readonly string[];
}

/** A transport whose questions are answered from a list; one that is not in it fails. */
export function testTransport(
  answers: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = {},
): TestTransport {
  const asked: string[] = [];
  const warnings: string[] = [];
  const transport = openTransport({
    env,
    ask: (question) => {
      asked.push(question);
      const answer = answers[question];
      return answer === undefined ? Promise.reject(new Error(`nobody knows: ${question}`)) : Promise.resolve(answer);
    },
    warn: (host, text) => void warnings.push(`${host}: ${text}`),
  });
  return { transport, asked, warnings, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}
