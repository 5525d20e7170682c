import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAgePair } from '../../../src/pki/age.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';

const name = 'e2e-store';

describe.skipIf(noLab !== undefined)(`the store of keys${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  let identity: string;
  let recipient: string;
  const state = (...names: readonly string[]): string => join(lab.dir, '.k8sup', name, ...names);
  const file = (called: string): string => join(lab.dir, called);
  const run = (command: string, ...args: readonly string[]): Promise<K8supRun> =>
    lab.k8sup(command, lab.inventory, '-o', 'json', ...args);
  const codeOf = (result: K8supRun): string | undefined =>
    result.events.flatMap((event) => (event.type === 'error' ? [event.error.code] : [])).at(-1);
  const whatHostHas = (): Promise<string> =>
    lab.ssh('h1', 'cat /var/lib/k8sup/cluster; find /etc/kubernetes /etc/etcd -type f | sort | xargs sha256sum');
  /** As on a new controller. */
  const lose = (): void => {
    renameSync(join(lab.dir, '.k8sup'), file('lost'));
  };

  beforeAll(async () => {
    lab = await bootLab(name, 1, 'newest');
    const pair = await newAgePair();
    recipient = pair.recipient;
    identity = file('key.txt');
    writeFileSync(identity, `${pair.identity}\n`, { mode: 0o600 });
    good(await run('apply', '--no-verify'));
    const backup = await lab.k8sup('pki', 'backup', lab.inventory, '--recipient', recipient, '--out', file('backup'));
    expect(backup).toMatchObject({ exitCode: 0, stderr: '' });
  });
  afterAll(() => lab.down());

  test('that is lost is told from one that is new, and none is made in its place', async () => {
    const before = await whatHostHas();
    lose();
    for (const [command, ...args] of [['apply'], ['plan'], ['stage', '01.prepare'], ['drift'], ['status']] as const) {
      const refused = await (command === 'stage'
        ? lab.k8sup(command, ...args, lab.inventory, '-o', 'json')
        : run(command, ...args));
      expect([command, refused.exitCode, codeOf(refused)]).toEqual([command, 19, 'STATE_LOST']);
      expect(refused.stdout).toMatch(/h1: e2e-store [0-9a-f-]{36}, last changed by k8sup apply of \S+@/);
      expect(existsSync(state('pki'))).toBe(false);
    }
    expect(await whatHostHas()).toBe(before);
  });

  test('comes back from a backup, and an apply changes nothing', async () => {
    const restored = await lab.k8sup('pki', 'restore', file('backup'), '-i', lab.inventory, '--identity', identity);
    expect(restored).toMatchObject({ exitCode: 0, stderr: '' });
    expect(good(await run('apply', '--no-verify')).changed).toBe(0);
    rmSync(file('lost'), { recursive: true });
  });

  test('of another cluster is refused, and keeps what it has', async () => {
    const id = readFileSync(state('pki/cluster-id'), 'utf8');
    writeFileSync(state('pki/cluster-id'), 'another\n');
    const listed = readdirSync(state('pki'), { recursive: true }).sort();
    const refused = await run('apply');
    expect([refused.exitCode, codeOf(refused)]).toEqual([19, 'OTHER_CLUSTER']);
    expect(readdirSync(state('pki'), { recursive: true }).sort()).toEqual(listed);
    writeFileSync(state('pki/cluster-id'), id);
  });

  test('that is encrypted is opened by an identity file, and an apply changes nothing', async () => {
    expect((await lab.k8sup('pki', 'encrypt', lab.inventory, '--recipient', recipient)).exitCode).toBe(0);
    const locked = await run('apply');
    expect([locked.exitCode, codeOf(locked)]).toEqual([15, 'PKI_LOCKED']);
    expect(good(await run('apply', '--no-verify', '--identity', identity)).changed).toBe(0);
    const nodes = await lab.k8sup('kubectl', '-i', lab.inventory, '--identity', identity, '--', 'get', 'nodes');
    expect(nodes.stdout).toContain('h1');
    const files = readdirSync(state(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const open = files.map((entry) => join(entry.parentPath, entry.name));
    expect(open.filter((path) => readFileSync(path, 'utf8').includes('PRIVATE KEY-----\n'))).toEqual([]);
  });

  test('needs not be there for a clean', async () => {
    lose();
    const refused = await run('clean', '--yes');
    expect([refused.exitCode, codeOf(refused)]).toEqual([19, 'STATE_LOST']);
    good(await run('clean', '--yes', '--state-lost'));
    expect(await lab.ssh('h1', 'ls /var/lib')).not.toContain('k8sup');
  });
});
