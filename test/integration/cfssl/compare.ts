import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realCfssl } from '../../support/cfssl.ts';
import { because } from '../../support/upstream.ts';
import { cases } from './cases/index.ts';
import { authorities, type AuthorityName, type Case, type Given } from './cases/model.ts';
import { type Difference, differences } from './differences.ts';
import { certificateShape, requestShape } from './shape.ts';
import { byCfssl, byK8sup, openssl, openWorkspace, type Outcome } from './tools.ts';

const real = await realCfssl();
const missing = 'missing' in real ? real.missing : undefined;
const cfssl = 'missing' in real ? '' : real.cfssl;
const work = openWorkspace();
afterAll(() => work.remove());

const pairs = new Map<string, readonly string[]>();
const given: Given = {
  file: (name, text) => work.file(name, text),
  ca: (name) => pairs.get(name) ?? [],
  request: (options, key = 'p256') => {
    const kind = key === 'p256' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:1024'];
    const path = work.file('request.csr', '');
    const config = work.file('openssl.conf', '[req]\ndistinguished_name = dn\n[dn]\n');
    const made = [...['-newkey', ...kind], ...['-nodes', '-keyout', work.file('key.pem', ''), '-out', path]];
    openssl(['req', '-new', '-config', config, ...made, ...options]);
    return path;
  },
};

/** The lines by which a certificate, its request and its key are compared. */
function linesOf(outcome: Outcome): readonly string[] {
  if ('refused' in outcome) return [`refused: ${outcome.refused}`];
  const { cert, csr, key } = outcome.made;
  return [
    `gives ${Object.keys(outcome.made).sort().join(', ')}`,
    // Ed25519 has no label of its own: RFC 8410 has PKCS #8's.
    ...(key === undefined ? [] : [key.split('\n')[0]?.replace('Ed25519 PRIVATE', 'PRIVATE') ?? '']),
    ...(cert === undefined ? [] : certificateShape(cert).lines),
    ...(csr === undefined ? [] : requestShape(csr.replaceAll('NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST'))),
  ];
}

function expectSameTimes(ours: Outcome, theirs: Outcome, words: readonly string[]): void {
  if (!('made' in ours) || !('made' in theirs) || ours.made.cert === undefined) return;
  const [a, b] = [certificateShape(ours.made.cert), certificateShape(theirs.made.cert ?? '')];
  // Of selfsign's life: see the table of differences. Starts are rounded to the minute, and one may have passed between the two.
  const slack = words[0] === 'selfsign' ? 360_000 : 0;
  expect(Math.abs(a.notBefore - b.notBefore)).toBeLessThanOrEqual(60_000);
  expect(Math.abs(a.notAfter - b.notAfter)).toBeLessThanOrEqual(60_000 + slack);
  if (slack > 0 || a.notBefore === b.notBefore) expect(Math.abs(a.notAfter - b.notAfter)).toBeLessThanOrEqual(slack);
}

function expectDifference(difference: Difference, ours: Outcome, theirs: Outcome): void {
  if ('refused' in theirs) expect.unreachable(`cfssl refuses it too: ${theirs.refused}`);
  if ('refused' in difference.how) {
    expect(linesOf(ours)[0]).toContain(difference.how.refused);
    return;
  }
  const { lines } = difference.how;
  const rest = (outcome: Outcome): readonly string[] => linesOf(outcome).filter((line) => !lines.test(line));
  expect(linesOf(ours)).not.toEqual(linesOf(theirs));
  expect(rest(ours)).toEqual(rest(theirs));
}

async function compare({ words: wordsOf, expected }: Case): Promise<void> {
  const words = wordsOf(given);
  const [ours, theirs] = await Promise.all([byK8sup(words), byCfssl(cfssl, words)]);
  expect(linesOf(ours)[0]).not.toContain('DEFECT');
  if (expected === 'both refuse') {
    expect([ours, theirs].map((outcome) => 'refused' in outcome)).toEqual([true, true]);
    return;
  }
  if (expected !== 'same') {
    expectDifference(differences[expected], ours, theirs);
    return;
  }
  expect(linesOf(ours)).toEqual(linesOf(theirs));
  if ('refused' in theirs) expect.unreachable('both refuse');
  expectSameTimes(ours, theirs, words);
}

describe.skipIf(missing !== undefined)(`beside cfssl 1.6.5${because(missing)}`, () => {
  beforeAll(async () => {
    for (const name of Object.keys(authorities) as AuthorityName[]) {
      const outcome = await byCfssl(cfssl, ['gencert', '-initca', work.file('ca.json', authorities[name])]);
      if ('refused' in outcome) throw new Error(outcome.refused);
      const [cert, key] = [outcome.made.cert ?? '', outcome.made.key ?? ''];
      pairs.set(name, ['-ca', work.file(`${name}.pem`, cert), '-ca-key', work.file(`${name}-key.pem`, key)]);
    }
  });

  test('there are enough inputs, none twice, and each difference is met', () => {
    const names = cases.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(60);
    expect(new Set(names).size).toBe(names.length);
    const met = new Set<string>(cases.map(({ expected }) => expected));
    expect(Object.keys(differences).filter((name) => !met.has(name))).toEqual([]);
    expect(readFileSync(pairs.get('root')?.[1] ?? '', 'utf8')).toContain('BEGIN CERTIFICATE');
  });

  test.each(cases)('$name: $expected', compare);
});
