import { expect, test } from 'vitest';
import { renderChecks } from '../../../src/report/checks.ts';
import { ascii, bare } from './output.ts';

const checks = [
  { name: 'pods ready', tried: '10 replicas over 3 nodes', result: '10 ready', ok: true, durationMs: 4210 },
  { name: 'dns', tried: 'nslookup kubernetes', result: 'no answer\nfrom 10.96.0.10', ok: false, durationMs: 10_000 },
];

test('the verification table says what was tried, what came of it and how long it took', () => {
  expect(renderChecks(checks, bare)).toBe(
    [
      '   CHECK       TIME    TRIED                     RESULT',
      '✔  pods ready  4.2 s   10 replicas over 3 nodes  10 ready',
      '✖  dns         10.0 s  nslookup kubernetes       no answer from 10.96.0.10',
      '1 of 2 checks passed.',
    ].join('\n'),
  );
});

test('known causes stand below, each once with the checks that show it', () => {
  const likely = { ok: false, cause: 'DNS_LOOP', why: 'CoreDNS asks itself', fix: 'mend\nresolv.conf' };
  const all = [...checks, { ...checks[0], ...likely, name: 'DNS' }, { ...checks[0], ...likely, name: 'search' }];
  expect(
    renderChecks(all as typeof checks, bare)
      .split('\n')
      .slice(-3),
  ).toEqual([
    'likely cause of DNS, search: CoreDNS asks itself (DNS_LOOP)',
    '  fix: mend resolv.conf',
    '1 of 4 checks passed.',
  ]);
});

test('it is ASCII where the terminal is', () => {
  expect(renderChecks(checks, { ...ascii, columns: 50 })).toMatch(/^[\x20-\x7e\n]+$/);
});

test('what was not tried is neither passed nor failed', () => {
  const skipped = { ...checks[0], ok: true, skipped: true as const, result: 'no network' };
  const text = renderChecks([...checks, { ...skipped, name: 'dns', tried: 'x', durationMs: 0 }], bare);
  expect(text.split('\n').slice(-2)).toEqual([
    '–  dns         0.0 s   x                         no network',
    '1 of 2 checks passed. 1 could not be made.',
  ]);
});
