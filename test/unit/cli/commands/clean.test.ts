import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clean } from '../../../../src/cli/commands/clean.ts';
import type { Io } from '../../../../src/cli/io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-clean-'));
  // What gets past the guards ends at once with a failed connection.
  writeFileSync(
    join(folder, 'inventory.yaml'),
    `cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11, ssh: { proxyCommand: 'false' } }]\n`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Person {
  /** What is typed at a terminal; undefined: there is none. */
  readonly types?: string;
  readonly yes?: boolean;
  readonly limit?: readonly string[];
}

/** Where clean begins its work on hosts, it opens the state folder. */
async function tryClean({ types, yes = false, limit }: Person) {
  const input = Object.assign(new PassThrough(), { isTTY: types !== undefined });
  const [out, err] = [new PassThrough(), new PassThrough()];
  const io: Io = { out, err, in: input, env: {} };
  if (types !== undefined) input.write(`${types}\n`);
  const flags = { concurrency: 1, output: 'plain', ...(limit === undefined ? {} : { limit }) } as const;
  const request = { inventory: join(folder, 'inventory.yaml'), flags, yes, stateLost: false };
  const error: unknown = await clean(request, io).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const asked = String(err.read() ?? '').includes('Type the name of the cluster');
  return { error, asked, begun: readdirSync(folder).includes('.k8sup') };
}

describe('clean', () => {
  it('of some hosts is refused, also with --yes', async () => {
    const { error, begun } = await tryClean({ limit: ['h1'], yes: true });
    expect(error).toMatchObject({ code: 'UNSAFE_CLEAN_LIMIT', kind: 'unsafeChange' });
    expect(begun).toBe(false);
  });

  it.each(['', 'two', 'ONE', 'yes'])('is not begun where %j is typed for the name', async (types) => {
    const { error, asked, begun } = await tryClean({ types });
    expect(error).toMatchObject({ code: 'NOT_CONFIRMED', kind: 'usage' });
    expect([asked, begun]).toEqual([true, false]);
  });

  it('is not begun where there is nobody to ask', async () => {
    const { error, asked, begun } = await tryClean({});
    expect(error).toMatchObject({ code: 'NOT_CONFIRMED' });
    expect([asked, begun]).toEqual([false, false]);
  });

  it('begins where the name is typed', async () => {
    expect(await tryClean({ types: 'one' })).toEqual({ error: undefined, asked: true, begun: true });
  });

  it('begins without a question with --yes', async () => {
    expect(await tryClean({ yes: true })).toEqual({ error: undefined, asked: false, begun: true });
  });
});
