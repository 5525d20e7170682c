import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readUsers, rememberUser } from '../../../../src/cli/user/record.ts';
import { statePaths } from '../../../../src/cli/state.ts';
import { loadInventory } from '../../../../src/inventory/load.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { cli } from '../io.ts';

let folder: string;
let inventory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-user-'));
  inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const create = (name: string, ...flags: readonly string[]) =>
  cli('user', 'create', name, '-i', inventory, '--out', join(folder, 'out'), ...flags);

describe('user create refuses before any host is reached', () => {
  test.each([
    ['system:admin', [], "one of Kubernetes' own names"],
    ['ann', ['--group', 'system:masters'], "one of Kubernetes' own names"],
    ['a\nb', [], 'control characters'],
    ['ann', ['--ttl', '5m'], '10 minutes'],
    ['ann', ['--ttl', '900d'], 'at most 8760 hours'],
  ] as const)('%j %j', async (name, flags, why) => {
    const { code, err } = await create(name, ...flags);
    expect([code, err]).toEqual([64, expect.stringContaining('USER_REFUSED')]);
    expect(err).toContain(why);
  });

  test('a time that is none, as a wrong command line', async () => {
    const { code, err } = await create('ann', '--ttl', 'soon');
    expect([code, err]).toEqual([64, expect.stringContaining('30m, 24h or 7d')]);
  });
});

test('the help of user create tells its times as they are given', async () => {
  const { out } = await cli('user', 'create', '--help');
  expect(out).toContain('(default: 24h)');
});

describe('user list', () => {
  test('says that there are none, then who was given what, until when', async () => {
    expect((await cli('user', 'list', inventory)).out).toContain('no certificate was handed out from here');
    const paths = statePaths(await loadInventory(inventory, networkPlugins));
    mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
    const about = { groups: ['developers'], serial: '0a', made: '2020-01-01T00:00:00.000Z' };
    await rememberUser(paths, { ...about, user: 'ann', notAfter: '2020-01-02T00:00:00.000Z' });
    await rememberUser(paths, { ...about, user: 'bob', notAfter: '2999-01-02T00:00:00.000Z' });
    expect((await readUsers(paths)).map(({ user }) => user)).toEqual(['ann', 'bob']);
    for (const [user, minutes] of [
      ['eve', 24 * 60 - 5],
      ['joe', 30],
    ] as const)
      await rememberUser(paths, {
        ...about,
        user,
        notAfter: new Date(Date.now() + minutes * 60_000 + 30_000).toISOString(),
      });
    expect(statSync(join(paths.dir, 'users.json')).mode & 0o777).toBe(0o600);
    const { out } = await cli('user', 'list', inventory);
    expect(out).toMatch(/^ann +developers +ended /m);
    expect(out).toMatch(/^bob +developers +\d+ days /m);
    expect(out).toMatch(/^eve +developers +23 h /m);
    expect(out).toMatch(/^joe +developers +30 min /m);
    expect(JSON.parse((await cli('user', 'list', inventory, '--json')).out)).toHaveLength(4);
  });

  test.each(['', 'null', '[{"user":"ann"}]'])(
    'says where the list is damaged (%j), and writes none over it',
    async (text) => {
      const paths = statePaths(await loadInventory(inventory, networkPlugins));
      mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
      const file = join(paths.dir, 'users.json');
      writeFileSync(file, text);
      const { code, err } = await cli('user', 'list', inventory);
      expect([code, err]).toEqual([15, expect.stringMatching(/USERS_INVALID[\s\S]*users\.json[\s\S]*backup/)]);
      const ann = { user: 'ann', groups: [], serial: '0a', made: '2020-01-01T00:00:00.000Z', notAfter: '' };
      await expect(rememberUser(paths, ann)).rejects.toMatchObject({ code: 'USERS_INVALID' });
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );
});
