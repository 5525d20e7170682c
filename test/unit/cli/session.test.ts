import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession, refuseUnreachable } from '../../../src/cli/session.ts';
import type { Session } from '../../../src/cli/session.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { Host, Inventory } from '../../../src/inventory/model.ts';
import { testTransport } from '../../support/ssh-connection.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';

const { signal } = new AbortController();
let folder: string;
let inventory: Inventory;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-session-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = join(folder, 'key');
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  // Nothing listens on these ports; h2's key is not there, which is another kind of reason.
  inventory = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node], ssh: { hostName: 127.0.0.1, port: 1, privateKey: ${key} } }
  - { name: h2, address: 192.0.2.12, ssh: { hostName: 127.0.0.1, port: 2, knownHosts: ${folder}, privateKey: ${key} } }
`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(optional: (host: Host) => boolean = () => false, concurrency = 5) {
  const events: RunEvent[] = [];
  let looking = 0;
  const emit = (event: RunEvent): void => void events.push(event);
  const session = await openSession(inventory, {
    signal,
    concurrency,
    emit,
    optional,
    transport: testTransport().transport,
    onLooking: () => (looking += 1),
  });
  return { session, events, looking };
}

const use = (session: Session, name: string) =>
  session.connection(hostOf(inventory, name)).run('true', { signal, timeoutMs: 1000 });

describe('a session without some hosts', () => {
  it('tells of each as failed, with its reason', async () => {
    const { session, events } = await open();
    expect([...session.unreachable.keys()].sort()).toEqual(['h1', 'h2']);
    const failed = events.flatMap((event) => (event.type === 'host-failed' ? [event] : []));
    expect(failed.map(({ host, error }) => `${host} ${error.code}`).sort()).toEqual([
      'h1 HOST_UNREACHABLE',
      'h2 KNOWN_HOSTS_UNREADABLE',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'stage-end', ok: false });
  });

  it('tells once that what can be done meanwhile may begin', async () => {
    expect((await open()).looking).toBe(1);
    expect((await open(undefined, 1)).looking).toBe(1);
  });

  it('warns of one that is only to be read, and is good', async () => {
    const { events } = await open(() => true);
    expect(events.filter(({ type }) => type === 'host-failed')).toEqual([]);
    const warnings = events.flatMap((event) =>
      event.type === 'warning' ? [`${event.host ?? ''}: ${event.text}`] : [],
    );
    expect(warnings).toHaveLength(2);
    expect(warnings.join('\n')).toMatch(/^h1: cannot be reached and is left out: .*ECONNREFUSED/m);
    expect(events.at(-1)).toMatchObject({ type: 'stage-end', ok: true });
  });

  it('gives the reason to whoever needs one of them all the same, as of a host that is gone', async () => {
    const { session } = await open();
    await expect(use(session, 'h1')).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', kind: 'connection' });
    await expect(use(session, 'h2')).rejects.toMatchObject({ code: 'KNOWN_HOSTS_UNREADABLE', kind: 'connection' });
    expect(() => session.facts(hostOf(inventory, 'h1'))).toThrow(/cannot be reached/);
    expect(session.bytesSent()).toBe(0);
  });

  it('is refused where the run needs them: one with its own error, several together', async () => {
    const { session } = await open();
    const [h1, h2] = [hostOf(inventory, 'h1'), hostOf(inventory, 'h2')];
    expect(() => refuseUnreachable(session, [])).not.toThrow();
    expect(() => refuseUnreachable(session, [h2])).toThrow(expect.objectContaining({ code: 'KNOWN_HOSTS_UNREADABLE' }));
    expect(() => refuseUnreachable(session, [h1, h2])).toThrow(
      expect.objectContaining({ code: 'HOSTS_FAILED', hosts: ['h1', 'h2'] }),
    );
  });

  it('ends with the reason of a stop, not with that of a host', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    const { transport } = testTransport();
    const options = { signal: stopped, concurrency: 5, emit: () => undefined, optional: () => true, transport };
    await expect(openSession(inventory, options)).rejects.toThrow('stopped');
  });
});
