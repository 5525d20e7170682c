import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onHosts } from '../../../src/cli/on-hosts.ts';
import type { Run } from '../../../src/cli/run.ts';
import { clusterLockPath } from '../../../src/engine/cluster-lock-script.ts';
import { describeSelf } from '../../../src/engine/lock-holder.ts';
import type { LockHolder } from '../../../src/engine/lock-holder.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import type { Connection } from '../../../src/host/connection.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { memory } from '../report/output.ts';
import { cli, eventsOf } from './io.ts';

vi.mock('../../../src/cli/transport-of.ts', () => ({ transportOf: () => transport() }));

const text = `
cluster: { name: one, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: w1, address: 192.0.2.13, roles: [node] }
  - { name: m1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: m2, address: 192.0.2.12, roles: [master] }
`;
const lost = new K8supError({ code: 'CONNECTION_LOST', kind: 'connection', host: 'm2', what: 'm2: lost' });
/** Hosts to which the connection is lost at once. */
const cut = new Set<string>();
let folder: string;
let hosts: ReadonlyMap<string, FakeHost>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-two-'));
  hosts = new Map(['w1', 'm1', 'm2'].map((name) => [name, fakeHost({ name })]));
});
afterEach(() => {
  cut.clear();
  rmSync(folder, { recursive: true });
  hosts.forEach((host) => host[Symbol.dispose]());
});

const host = (name: string): FakeHost => {
  const found = hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
};

function transport(): Transport {
  const connect = ({ name }: { readonly name: string }): Promise<Connection> =>
    Promise.resolve({
      ...host(name).executor,
      ...(cut.has(name) ? { run: () => Promise.reject(lost), read: () => Promise.reject(lost) } : {}),
      bytesSent: 0,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  return { prepare: () => Promise.resolve(), connect, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** The inventory as another operator has it: a copy with a state folder of its own. */
function inventoryOf(operator: string): string {
  mkdirSync(join(folder, operator), { recursive: true });
  const file = join(folder, operator, 'inventory.yaml');
  writeFileSync(file, text);
  return file;
}

async function apply(operator: string, work: (run: Run) => Promise<void> = () => Promise.resolve(), limit?: string[]) {
  const [out, err] = [memory(), memory()];
  const flags = { concurrency: 5, output: 'json', ...(limit === undefined ? {} : { limit }) } as const;
  const spec = { command: `apply of ${operator}`, inventory: inventoryOf(operator), flags, writes: true };
  const io = { out: out.stream, err: err.stream, in: Readable.from([]), env: {} };
  let worked = 0;
  const code = await onHosts(spec, io, async (run) => {
    worked += 1;
    await work(run);
    return 0;
  });
  const errors = eventsOf(out.text()).flatMap((event) => (event.type === 'error' ? [event.error] : []));
  return { code, worked, error: errors[0], events: eventsOf(out.text()) };
}

const locked = (): readonly string[] =>
  [...hosts].flatMap(([name, one]) => (existsSync(one.path(clusterLockPath)) ? [name] : [])).sort();

/** Leaves the lock of another run on a host, which gave its last sign of life some seconds ago. */
async function left(name: string, changes: Partial<LockHolder>, silent = 0): Promise<void> {
  const up = Number((await host(name).sh('cut -d. -f1 /proc/uptime')).trim());
  const holder = { ...(await describeSelf('apply')), ...changes };
  host(name).write(clusterLockPath, `${JSON.stringify(holder)}\n${up - silent - 60}\n`);
  host(name).write(`${clusterLockPath}.beat`, `${up - silent}\n`);
}

const elsewhere = { host: 'desk', bootId: 'another', user: 'ann' };

describe.skipIf(noFakeHost !== undefined)("the cluster's own lock", () => {
  it('is on etcd members and masters while a run works, costs no round trip, and leaves nothing', async () => {
    const result = await apply('ann', () => {
      expect(locked()).toEqual(['m1', 'm2']);
      for (const one of hosts.values()) expect(one.calls).toHaveLength(1);
      return Promise.resolve();
    });
    expect(result).toMatchObject({ code: 0, worked: 1 });
    for (const one of hosts.values()) expect(await one.sh('ls -d /run/k8sup* 2>/dev/null || :')).toBe('');
    expect(host('w1').calls.map(({ kind }) => kind)).toEqual(['read']);
  });

  it('refuses a second run from another state folder at once, with holder, host, command and age', async () => {
    let second: Awaited<ReturnType<typeof apply>> | undefined;
    const first = await apply('ann', async () => {
      // Not even one that has only a worker to do with.
      second = await apply('bob', undefined, ['w1']);
      expect(locked()).toEqual(['m1', 'm2']);
    });
    expect(second).toMatchObject({ code: 18, worked: 0, error: { code: 'CLUSTER_LOCKED' } });
    expect(second?.error?.message).toContain('m1');
    expect(second?.error?.why).toMatch(
      new RegExp(`^k8sup apply of ann of .*@${hostname()}, process ${String(process.pid)}, .* ago`),
    );
    expect(first.code).toBe(0);
    expect(await apply('bob')).toMatchObject({ code: 0, worked: 1 });
  });

  it('goes to one of several that come at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      let working = 0;
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      const work = async (): Promise<void> => {
        expect((working += 1)).toBe(1);
        // Until the other has been refused.
        await ended;
        working -= 1;
      };
      const runs = ['ann', 'bob'].map(async (name) => {
        const result = await apply(name, work);
        end();
        return result;
      });
      const codes = (await Promise.all(runs)).map(({ code }) => code);
      expect(codes.sort()).toEqual([0, 18]);
      expect(locked()).toEqual([]);
    }
  });

  it('is released when the work fails, and when it is stopped at once', async () => {
    expect(await apply('ann', () => Promise.reject(new Error('broken')))).toMatchObject({ code: 70 });
    expect(locked()).toEqual([]);
    const stopped = await apply('ann', ({ signal }) => {
      process.emit('SIGINT', 'SIGINT');
      process.emit('SIGINT', 'SIGINT');
      return Promise.reject(signal.reason as Error);
    });
    expect(stopped).toMatchObject({ code: 130, error: { code: 'CANCELLED' } });
    expect(locked()).toEqual([]);
    expect(existsSync(join(folder, 'ann', '.k8sup', 'one', 'lock'))).toBe(false);
  });

  it('of a killed run of this machine is taken over without a word', async () => {
    const child = spawn('true');
    await new Promise((resolve) => child.once('exit', resolve));
    await left('m1', { pid: child.pid ?? 0 });
    await left('m2', { processStart: '1' });
    const { code, events } = await apply('bob');
    expect(code).toBe(0);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
    expect(locked()).toEqual([]);
  });

  it('of another machine is never taken over; one without a sign of life is told as such', async () => {
    await left('m2', elsewhere, 20);
    const live = await apply('bob');
    expect(live).toMatchObject({ code: 18, worked: 0 });
    expect(live.error?.why).toMatch(/^k8sup apply of ann@desk, .*\(8\d s ago; its last sign of life came 2\d s ago\)$/);
    expect(live.error?.fix).toContain('wait for it');
    await left('m2', elsewhere, 3000);
    const silent = await apply('bob');
    expect(silent).toMatchObject({ code: 18, worked: 0 });
    expect(silent.error?.fix).toMatch(/seems to be gone.*k8sup unlock/);
    expect(locked()).toEqual(['m2']);
  });

  it('is given back to the hosts that answer where another one is lost in the first look', async () => {
    cut.add('m2');
    expect(await apply('ann')).toMatchObject({
      code: 11,
      worked: 0,
      error: { code: 'CONNECTION_LOST', host: 'm2', stage: '00.connect', step: 'look at the host' },
    });
    expect(locked()).toEqual([]);
  });

  it('that cannot be written is warned of', async () => {
    const readOnly = fakeHost({ name: 'm2', before: 'mount -o remount,ro,bind /run' });
    host('m2')[Symbol.dispose]();
    hosts = new Map([...hosts, ['m2', readOnly]]);
    const { code, events } = await apply('bob');
    expect(code).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', host: 'm2' }));
  });
});

describe.skipIf(noFakeHost !== undefined)('k8sup unlock', () => {
  it('has nothing to do where nobody holds a lock', async () => {
    expect(await cli('unlock', inventoryOf('ann'))).toMatchObject({
      code: 0,
      out: 'nobody holds the lock of this cluster\n',
    });
  });

  it('does not say that nobody holds one where a host could not be looked at', async () => {
    cut.add('m2');
    const { code, out } = await cli('unlock', inventoryOf('ann'));
    expect(code).toBe(11);
    expect(out).toMatch(/^m2: cannot be reached, so it was not looked at: .*\nelsewhere nobody holds the lock/);
  });

  it('refuses to take away a living lock without --force', async () => {
    await left('m1', elsewhere);
    const refused = await cli('unlock', inventoryOf('bob'), '--yes');
    expect(refused.code).toBe(18);
    expect(refused.out).toMatch(/^m1: held: k8sup apply of ann@desk, /);
    expect(refused.err).toContain('LOCK_ALIVE');
    expect(locked()).toEqual(['m1']);
    expect(await cli('unlock', inventoryOf('bob'), '--yes', '--force')).toMatchObject({ code: 0 });
    expect(locked()).toEqual([]);
  });

  it('takes both locks of a run that died, after a question', async () => {
    await left('m1', elsewhere, 3000);
    await left('m2', { processStart: '1' });
    const inventory = inventoryOf('bob');
    const lock = join(folder, 'bob', '.k8sup', 'one', 'lock');
    mkdirSync(join(lock, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(lock, JSON.stringify({ ...(await describeSelf('clean')), processStart: '1' }));
    const asked = await cli('unlock', inventory);
    expect(asked.code).toBe(64);
    expect(asked.err).toContain('takes away 3 locks');
    expect(locked()).toEqual(['m1', 'm2']);
    const done = await cli('unlock', inventory, '--yes');
    expect(done.code).toBe(0);
    expect(done.out.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/lock: left by a run that died: k8sup clean /),
      expect.stringMatching(/^m1: held without a sign of life: /),
      expect.stringMatching(/^m2: left by a run that died: /),
    ]);
    expect([locked(), existsSync(lock)]).toEqual([[], false]);
  });
});
