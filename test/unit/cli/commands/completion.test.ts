import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { completion, inventorySources } from '../../../../src/cli/commands/completion.ts';
import { makeProgram } from '../../../../src/cli/program.ts';
import { memory } from '../../report/output.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-complete-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const { stream, text } = memory();
  const io = { out: stream, err: stream, in: process.stdin, env: {} };
  const program = makeProgram(io, { code: 0 });
  await completion({ shell: 'bash', words, program }, io);
  return text()
    .split('\n')
    .filter((line) => line !== '');
}

test("stages of the inventory's playbooks, and whole playbooks where these may stand", async () => {
  const inventory = join(folder, 'inventory.yaml');
  const host = '{ name: h1, address: 192.0.2.11 }';
  writeFileSync(inventory, `cluster: { name: one }\nhosts: [${host}]\nplaybooks: [own/site.yaml, none.yaml]\n`);
  expect(await complete('plan', inventory, '--from', 'si')).toEqual([]);
  mkdirSync(join(folder, 'own'));
  const stages = 'stages:\n  - { name: login, title: what a login shows }\n  - { name: more }\n';
  writeFileSync(join(folder, 'own/site.yaml'), stages);
  expect(await complete('plan', inventory, '--from', 'si')).toEqual([
    'site.login\twhat a login shows',
    'site.more\tmore',
  ]);
  expect(await complete('plan', inventory, '--from', '01')).toEqual(['01.prepare\tprepare the hosts']);
  expect(await inventorySources.playbooks(inventory)).toEqual([
    { value: 'site', description: 'what a login shows, more' },
  ]);
});
