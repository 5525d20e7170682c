import { EventEmitter } from 'node:events';
import type ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { runInChannel } from '../../../../src/transport/ssh/channel.ts';

const root = { command: 'sh', with: 'none' } as const;
const host = {
  name: 'h1',
  root,
  onSent: () => undefined,
  lost: () => new K8supError({ code: 'LOST', kind: 'connection', what: 'lost' }),
};

/** A connection on which nothing but its keepalives is answered. */
function silent() {
  let answer: ssh2.ClientCallback | undefined;
  const exec = (_command: string, callback: ssh2.ClientCallback): void => void (answer = callback);
  const emitter = Object.assign(new EventEmitter(), { exec });
  return {
    client: emitter as unknown as ssh2.Client,
    answer: (channel: Partial<ssh2.ClientChannel>) => answer?.(undefined, channel as ssh2.ClientChannel),
    listeners: () => emitter.listenerCount('close'),
  };
}

describe('a host that answers no request for a channel', () => {
  it('is given up at the limit', async () => {
    const { client, listeners } = silent();
    const { signal } = new AbortController();
    const running = runInChannel(client, host, 'true', { signal, timeoutMs: 5 });
    await expect(running).rejects.toMatchObject({ code: 'HOST_TIMEOUT', host: 'h1' });
    expect(listeners()).toBe(0);
  });

  it('does not keep a run from being stopped; a channel that comes too late is closed', async () => {
    const { client, answer } = silent();
    const stop = new AbortController();
    const running = runInChannel(client, host, 'true', { signal: stop.signal, timeoutMs: 60_000 });
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    let closed = 0;
    answer({ close: () => void (closed += 1) });
    expect(closed).toBe(1);
  });
});
