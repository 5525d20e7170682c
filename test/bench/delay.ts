import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { knowRelay } from './lab.ts';
import type { BenchLab, Endpoint } from './lab.ts';

const firstPort = 21_000;

/** Hosts behind a relay that adds a round-trip time. */
export interface Delayed extends AsyncDisposable {
  readonly endpoints: readonly Endpoint[];
}

/** Starts a relay for some hosts in the lab's namespace; it ends when disposed of. */
export async function delay(lab: BenchLab, hosts: BenchLab['hosts'], roundTripMs: number): Promise<Delayed> {
  const endpoints = hosts.map(({ name, address }, index) => ({
    name,
    address,
    hostName: '127.0.0.1',
    port: firstPort + index,
  }));
  await lab.run(['ip', 'link', 'set', 'lo', 'up']);
  await knowRelay(lab, endpoints);
  const script = fileURLToPath(new URL('relay.mjs', import.meta.url));
  const routes = endpoints.map(({ port, address }) => `${port}=${address}:22`);
  const [file = '', ...args] = lab.inside([process.execPath, script, String(roundTripMs / 2), ...routes]);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  await Promise.race([ready, once(child, 'exit').then(() => Promise.reject(new Error('the relay did not start')))]);
  return {
    endpoints,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
