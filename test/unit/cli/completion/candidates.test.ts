import { describe, expect, test } from 'vitest';
import { candidates } from '../../../../src/cli/completion/candidates.ts';
import type { Sources } from '../../../../src/cli/completion/candidates.ts';
import { makeProgram } from '../../../../src/cli/program.ts';
import { memory } from '../../report/output.ts';

const { stream } = memory();
const program = makeProgram({ out: stream, err: stream, in: process.stdin, env: {} }, { code: 0 });

/** Names are those of the inventory that was asked. */
const named = (kind: string) => (file: string | undefined) =>
  Promise.resolve([1, 2, 3].map((number) => ({ value: `${file ?? 'default'}-${kind}${number}`, description: kind })));
const sources: Sources = { hosts: named('h'), stages: named('s'), playbooks: named('p'), runs: named('r') };

async function complete(...words: readonly string[]): Promise<readonly string[]> {
  return (await candidates(program, words, sources)).map(({ value }) => value);
}

describe('commands and options', () => {
  test('commands by their beginning, with what they do', async () => {
    expect(await complete('')).toEqual(expect.arrayContaining(['apply', 'completion', 'lab', 'report']));
    expect(await complete('ap')).toEqual(['apply']);
    expect(await complete('lab', 'u')).toEqual(['up']);
    expect((await candidates(program, ['appl'], sources))[0]?.description).toContain('bring the hosts');
  });

  test("below pki, cfssl's one dash is as good as two", async () => {
    expect(await complete('pki', 'bundle', '-flavor', 'f')).toEqual(['force']);
    expect(await complete('pki', 'gencert', '-ca', '')).toEqual([':files']);
    expect(await complete('pki', 'sign', '-ca', 'ca.pem', '')).toEqual([':files']);
    expect(await complete('pki', 'certinfo', '-d')).toEqual([]);
    expect(await complete('pki', 'print-defaults', 'c')).toEqual(['config', 'csr']);
  });

  test('options of the command on the line, but none twice', async () => {
    expect(await complete('apply', '--o')).toEqual(['--output']);
    expect(await complete('clean', '--st')).toEqual(['--state-lost']);
    expect(await complete('apply', '--diff', '--d')).toEqual([]);
    expect(await complete('apply', '-v', '--verb')).toEqual([]);
  });

  test('choices of options and arguments', async () => {
    expect(await complete('plan', '-o', '')).toEqual(['tty', 'plain', 'json']);
    expect(await complete('plan', '--output=p')).toEqual(['--output=plain']);
    expect(await complete('completion', 'f')).toEqual(['fish']);
  });

  test('files where the inventory stands, and nothing where nothing may stand', async () => {
    expect(await complete('apply', '')).toEqual([':files']);
    expect(await complete('kubectl', '-i', 'x')).toEqual([':files']);
    expect(await complete('apply', 'a.yaml', '')).toEqual([]);
    expect(await complete('apply', '--concurrency', '')).toEqual([]);
  });
});

describe('names of the inventory', () => {
  test('hosts, one after the other in a list', async () => {
    expect(await complete('apply', '--limit', '')).toEqual(['default-h1', 'default-h2', 'default-h3']);
    expect(await complete('apply', '--limit', 'default-h1,default-h')).toEqual([
      'default-h1,default-h2',
      'default-h1,default-h3',
    ]);
    expect(await complete('apply', '--limit', 'x')).toEqual([]);
  });

  test('hosts behind an equals sign, in one word or in three', async () => {
    expect(await complete('apply', '--limit=default-h1')).toEqual(['--limit=default-h1']);
    expect(await complete('apply', '--limit', '=', 'default-h1')).toEqual(['default-h1']);
    expect(await complete('apply', '--limit', '=')).toEqual(['default-h1', 'default-h2', 'default-h3']);
    expect(await complete('apply', '--limit', '=', 'default-h1', '--verb')).toEqual(['--verbose']);
  });

  test('stages and runs; the inventory is the one on the line', async () => {
    const stages = ['default-s1', 'default-s2', 'default-s3', 'default-p1', 'default-p2', 'default-p3'];
    expect(await complete('stage', '')).toEqual([...stages, ':files']);
    expect(await complete('plan', '--from', 'default-s')).toEqual(stages.slice(0, 3));
    expect(await complete('report', '-i', 'p.yaml', '')).toEqual(['p.yaml-r1', 'p.yaml-r2', 'p.yaml-r3']);
    expect(await complete('report', '--inventory=p.yaml', 'p.yaml-r2')).toEqual(['p.yaml-r2']);
    expect(await complete('apply', 'p.yaml', '--limit', 'p.yaml-h3')).toEqual(['p.yaml-h3']);
    expect(await complete('stage', 'x', 'p.yaml', '--limit', 'p.yaml-h3')).toEqual(['p.yaml-h3']);
  });
});
