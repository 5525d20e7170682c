import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  claimLock,
  clusterLockPath,
  lookAtLock,
  parseLock,
  releaseLock,
} from '../../../src/engine/cluster-lock-script.ts';
import { openClusterLock } from '../../../src/engine/cluster-lock.ts';
import { describeSelf } from '../../../src/engine/lock-holder.ts';
import type { K8supError } from '../../../src/errors/k8sup-error.ts';
import type { Executor } from '../../../src/host/connection.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';

const three = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [etcd] }
  - { name: h3, address: 192.0.2.13, roles: [etcd] }
`);
const inventory = inventoryOf(`
cluster: { name: one }
hosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node] }]
`);
const { signal } = new AbortController();

let host: FakeHost;
beforeEach(() => (host = fakeHost()));
afterEach(() => host[Symbol.dispose]());

/** A run that has taken the lock, and a promise of the error when it is lost. */
async function taken(run: Executor['run'] = (script, options) => host.executor.run(script, options)) {
  const holder = await describeSelf('apply');
  let tell: (error: K8supError) => void = () => undefined;
  const lost = new Promise<K8supError>((resolve) => (tell = resolve));
  const warn = (): void => undefined;
  const lock = openClusterLock({ inventory, holder, warn, onLost: (error) => tell(error), beatMs: 50 });
  const h1 = hostOf(inventory, 'h1');
  const connection = { ...host.executor, run, bytesSent: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
  lock.claimed(h1, connection, await host.sh(lock.claim(h1)?.sh ?? ''));
  await lock.settle(signal);
  return { lock, lost };
}

const look = async () => parseLock(await host.sh(lookAtLock.sh));

describe.skipIf(noFakeHost !== undefined)('a lock that is held', () => {
  it('gives signs of life, also after the host was rebooted', async () => {
    const { lock } = await taken();
    await host.sh(`rm ${clusterLockPath} ${clusterLockPath}.beat`);
    await expect.poll(look, { timeout: 60_000 }).toMatchObject({ state: 'held', silentSeconds: 0, busy: false });
    await lock.release();
    expect(await look()).toEqual({ state: 'free' });
  });

  it('is not taken again by a sign of life that was under way when it was released', async () => {
    let [begin, open] = [(): void => undefined, (): void => undefined];
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { lock } = await taken(async (script, options) => {
      if (script.includes('ln ')) {
        begin();
        await opened;
      }
      return host.executor.run(script, options);
    });
    await begun;
    const released = lock.release();
    await Promise.race([released, host.sh('true')]);
    open();
    await released;
    await host.sh('true');
    expect(await look()).toEqual({ state: 'free' });
  });

  it('is told as lost when somebody took it away, and then left to who has it', async () => {
    const { lock, lost } = await taken();
    host.write(clusterLockPath, `${JSON.stringify({ ...(await describeSelf('clean')), user: 'bob' })}\n1\n`);
    const error = await lost;
    expect(error).toMatchObject({ code: 'CLUSTER_LOCKED', why: expect.stringContaining('clean of bob@') as string });
    await lock.release();
    expect(await look()).toMatchObject({ state: 'held', text: expect.stringContaining('"bob"') as string });
  });

  it('counts as busy while a script of an apply runs on the host', async () => {
    await host.sh(claimLock('somebody').sh);
    host.write('/run/k8sup/lock', '');
    const held = `exec 5>>/run/k8sup/lock; flock 5\n${lookAtLock.sh}`;
    expect(parseLock(await host.sh(held))).toMatchObject({ state: 'held', busy: true });
  });
});

describe.skipIf(noFakeHost !== undefined)('a later host', () => {
  /** Somebody else has h2 for so many seconds; how often h2 was asked until the run gave up. */
  async function asked(heldSeconds: number): Promise<number> {
    using other = fakeHost();
    await other.sh(claimLock(JSON.stringify({ ...(await describeSelf('clean')), host: 'elsewhere' })).sh);
    const since = Number((await other.sh(`sed -n 2p ${clusterLockPath}`)).trim());
    await other.sh(`sed -i '2s/.*/${String(since - heldSeconds)}/' ${clusterLockPath}`);
    const holder = await describeSelf('apply');
    const nothing = (): void => undefined;
    const lock = openClusterLock({ inventory: three, holder, warn: nothing, onLost: nothing });
    let times = 0;
    for (const [name, machine] of [
      ['h1', host],
      ['h2', other],
    ] as const) {
      const run: Executor['run'] = (script, options) => {
        if (name === 'h2') times += 1;
        return machine.executor.run(script, options);
      };
      const connection = { ...machine.executor, run, bytesSent: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
      lock.claimed(hostOf(three, name), connection, await machine.sh(lock.claim(hostOf(three, name))?.sh ?? ''));
    }
    await expect(lock.settle(signal)).rejects.toMatchObject({ code: 'CLUSTER_LOCKED' });
    await lock.release();
    expect(await other.sh(`cat ${clusterLockPath}`)).toContain('elsewhere');
    // The last time was the release.
    return times - 1;
  }

  it('that another has for long is refused at once', async () => {
    expect(await asked(60)).toBe(1);
  });

  it('that another has since just now is waited for a little: it may have lost', async () => {
    // As if it took the lock in a minute: until then what is asked here takes its time.
    expect(await asked(-60)).toBeGreaterThan(1);
  });
});

describe.skipIf(noFakeHost !== undefined)('the script', () => {
  it('takes over just the lock that was judged', async () => {
    await host.sh(claimLock('first').sh);
    expect(parseLock(await host.sh(claimLock('third', 'second').sh))).toMatchObject({ state: 'held', text: 'first' });
    expect(parseLock(await host.sh(claimLock('third', 'first').sh))).toEqual({ state: 'taken' });
    await host.sh(releaseLock('first').sh);
    expect(await look()).toMatchObject({ text: 'third' });
    expect((await host.sh('ls -d /run/k8sup*')).split('\n').sort()).toEqual([
      '',
      clusterLockPath,
      `${clusterLockPath}.beat`,
    ]);
  });

  it('does not end what it is part of', async () => {
    expect(await host.sh(`${claimLock('first').sh}\necho rest`)).toBe('@@lock\ntaken\nrest\n');
  });
});
