import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/run.ts';
import type { Run, RunSpec } from '../../../src/cli/run.ts';
import { takeLock } from '../../../src/engine/lock.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { memory } from '../report/output.ts';
import { cli, eventsOf } from './io.ts';

let folder: string;
let inventory: string;
/** Hosts that nobody answers for: what listens on ports 1 and 2 of this machine would be a surprise. */
const text = `
cluster: { name: one, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node], ssh: { hostName: 127.0.0.1, port: 1, privateKey: key } }
  - { name: h2, address: 192.0.2.12, ssh: { hostName: 127.0.0.1, port: 2, privateKey: key } }
`;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-run-'));
  inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, text);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (...parts: readonly string[]): string => join(folder, '.k8sup', 'one', ...parts);

async function run(work: (run: Run) => Promise<number>, changes: Partial<RunSpec> = {}) {
  const [out, err] = [memory(), memory()];
  const flags = { concurrency: 5, output: 'json' } as const;
  const spec = { command: 'apply', inventory, flags, writes: true, ...changes };
  const code = await runCommand(spec, { out: out.stream, err: err.stream, in: Readable.from([]), env: {} }, work);
  return { code, err: err.text(), out: out.text(), events: eventsOf(out.text()) };
}

const fine = (): Promise<number> => Promise.resolve(0);
const bad = new K8supError({ code: 'BAD', kind: 'kubernetes', what: 'it went wrong' });

describe('a run that cannot begin', () => {
  const ends = [{ type: 'error' }, { type: 'summary', ok: false, changed: 0, failed: 0 }];

  it('for its inventory tells so in JSON as well', async () => {
    writeFileSync(inventory, 'hosts: []\n');
    const { code, events } = await run(fine);
    expect(code).toBe(10);
    expect(events).toMatchObject(ends);
  });

  it('for an unknown host of --limit', async () => {
    const { code, events } = await run(fine, { flags: { concurrency: 1, output: 'json', limit: ['h9'] } });
    expect(code).toBe(64);
    expect(events).toMatchObject(ends);
    expect(events[0]).toMatchObject({ error: { code: 'UNKNOWN_HOST', message: 'the inventory has no host h9' } });
  });

  it('for a lock that is held, and leaves it alone', async () => {
    const release = await takeLock(state('lock'), 'apply');
    const { code, events } = await run(fine);
    expect(code).toBe(18);
    expect(events).toMatchObject(ends);
    expect(existsSync(state('lock'))).toBe(true);
    await release();
  });

  it('for a log that cannot be written, and releases the lock', async () => {
    mkdirSync(state(), { recursive: true, mode: 0o700 });
    writeFileSync(state('logs'), '');
    const { code, events } = await run(fine);
    expect(code).toBe(64);
    expect(events[0]).toMatchObject({ error: { code: 'LOG_NOT_WRITTEN' } });
    expect(existsSync(state('lock'))).toBe(false);
  });

  it('for a stage that is not there, before any host is reached', async () => {
    const { code, events } = await cli('stage', '08.nothing', inventory, '-o', 'json');
    expect(code).toBe(64);
    expect(events.map(({ type }) => type)).toEqual(['run-start', 'error', 'summary']);
  });

  it('is told once, as text, where text is asked for', async () => {
    writeFileSync(inventory, 'hosts: []\n');
    const { out, err } = await run(fine, { flags: { concurrency: 1, output: 'plain' } });
    expect(out).toBe('');
    expect(err.match(/Fix: /g)).toHaveLength(1);
  });
});

describe('the summary', () => {
  it('of a good run is the last event, in the log too, and the lock is released', async () => {
    const { code, events } = await run(fine);
    expect(code).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['run-start', 'summary']);
    expect(events.at(-1)).toMatchObject({ hosts: 2, failed: 0, ok: true });
    const [log = ''] = readdirSync(state('logs'));
    expect(eventsOf(readFileSync(state('logs', log), 'utf8')).at(-1)).toMatchObject({ type: 'summary', ok: true });
    expect(existsSync(state('lock'))).toBe(false);
  });

  it('keeps the numbers of a run that was broken off', async () => {
    const { code, events, err } = await run(async ({ numbers }) => {
      numbers.counts.changed = 7;
      numbers.counts.restarted = 2;
      numbers.bytesSent = () => 99;
      return Promise.reject(bad);
    });
    expect(code).toBe(16);
    expect(events.slice(1)).toMatchObject([
      { type: 'error', error: { code: 'BAD' } },
      { type: 'summary', changed: 7, restarted: 2, bytesSent: 99, failed: 0, ok: false },
    ]);
    expect(err).toBe('');
    expect(existsSync(state('lock'))).toBe(false);
  });

  it('counts each failed host once, however it is told', async () => {
    const { events } = await run(({ emit }) => {
      const error = { code: 'X', message: 'x' };
      emit({ type: 'host-failed', stage: '01.x', host: 'h1', error });
      emit({ type: 'error', error: { ...error, host: 'h1' } });
      emit({ type: 'error', error: { ...error, hosts: ['h1', 'h2'] } });
      return Promise.resolve(20);
    });
    expect(events.at(-1)).toMatchObject({ failed: 2, ok: false });
  });

  it('of a plan with changes is good', async () => {
    expect((await run(() => Promise.resolve(2))).events.at(-1)).toMatchObject({ ok: true });
  });
});

describe('hosts that cannot be reached', () => {
  it('end plan and apply, all of them told and counted', async () => {
    for (const command of ['plan', 'apply']) {
      const { code, events } = await cli(command, inventory, '-o', 'json');
      expect(code, command).toBe(20);
      expect(events.at(-1)).toMatchObject({ type: 'summary', failed: 2, changed: 0, ok: false });
    }
  });
});
