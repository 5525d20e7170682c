import { expect, test } from 'vitest';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { InventoryError } from '../../../src/inventory/problem.ts';
import type { Problem } from '../../../src/inventory/problem.ts';
import { exitCodeOf, renderError, renderErrorJson } from '../../../src/report/error.ts';
import { ascii, bare, colored } from './output.ts';

const error = new K8supError({
  code: 'HOST_KEY_CHANGED',
  kind: 'hostKey',
  what: 'm2: host key differs from ~/.ssh/known_hosts:41',
  why: 'expected ssh-ed25519 SHA256:9fQ\ngot ssh-ed25519 SHA256:sc+',
  fix: 'if m2 was reinstalled, take the old key out with  ssh-keygen -R 10.0.0.12',
  cause: new Error('handshake failed'),
});

test('an error says what, why, how to fix it, and where the log is', () => {
  expect(renderError(error, { style: bare, log: '.k8sup/prod/logs/a.ndjson' })).toBe(
    [
      '✖ HOST_KEY_CHANGED  m2: host key differs from ~/.ssh/known_hosts:41',
      '  expected ssh-ed25519 SHA256:9fQ',
      '  got ssh-ed25519 SHA256:sc+',
      '  Fix: if m2 was reinstalled, take the old key out with  ssh-keygen -R 10.0.0.12',
      '  Log: .k8sup/prod/logs/a.ndjson',
    ].join('\n'),
  );
});

test('causes are shown with -v', () => {
  expect(renderError(error, { style: bare })).not.toContain('handshake failed');
  expect(renderError(error, { style: bare, verbose: true })).toContain('\n  Cause: handshake failed\n');
});

test('problems of the inventory are aligned, each fix below its problem', () => {
  const problem = (line: number, column: number, message: string, fix?: string): Problem => ({
    severity: 'error',
    code: 'BAD',
    path: `hosts[${String(line)}]`,
    position: { file: 'inventory.yaml', line, column },
    message,
    ...(fix === undefined ? {} : { fix }),
  });
  const problems = [
    problem(3, 14, '"10.0.0.300" is no IPv4 address'),
    problem(15, 5, 'unknown key', 'write "address"'),
  ];
  expect(renderError(new InventoryError('inventory.yaml', problems), { style: bare })).toBe(
    [
      '✖ INVENTORY_INVALID  inventory.yaml has 2 mistakes',
      '  inventory.yaml:3:14  hosts[3]: "10.0.0.300" is no IPv4 address [BAD]',
      '  inventory.yaml:15:5  hosts[15]: unknown key [BAD]',
      '                       write "address"',
      '  Fix: correct the file; nothing was changed on any host',
    ].join('\n'),
  );
});

test('a cause that is no list of problems keeps its lines', () => {
  const why = 'etcd.go:12:5: panic\n  goroutine 1\nexit code 2';
  const crashed = new K8supError({ code: 'X', kind: 'command', what: 'h1: etcd ended', why });
  expect(renderError(crashed, { style: bare })).toBe(
    '✖ X  h1: etcd ended\n  etcd.go:12:5: panic\n    goroutine 1\n  exit code 2',
  );
});

test('a known cause stands before the general advice, and only for what hosts said', () => {
  const shown = {
    code: 'NOT_HEALTHY',
    what: 'h1: etcd did not start',
    why: 'bind: address already in use',
    fix: 'look',
  };
  const text = renderError(new K8supError({ ...shown, kind: 'resource' }), { style: bare });
  expect(text).toMatch(
    /\n {2}Likely cause: another program .* \(PORT_IN_USE\)\n {2}Fix: ss -ltnup .*\n {2}If it is not that: look$/,
  );
  expect(renderError(new K8supError({ ...shown, kind: 'inventory' }), { style: bare })).toMatch(
    /in use\n {2}Fix: look$/,
  );
  expect(renderErrorJson({ code: 'X', message: 'x', cause: 'OF_A_LATER_RELEASE' }, { style: bare })).toBe('✖ X  x');
});

test('an error of no known kind is a defect: stack, causes and how to report it', () => {
  const text = renderError(new TypeError('x is undefined', { cause: new Error('deeper') }), { style: bare });
  expect(text).toMatch(/^✖ BUG {2}x is undefined\n {2}at .*error\.test\.ts:\d+/);
  expect(text).toContain('\n  Cause: deeper\n');
  expect(text).toContain('\n  Fix: this is a defect of k8sup: please report it');
  expect(renderError('thrown text', { style: bare })).toContain('✖ BUG  thrown text');
});

test('exit codes follow the kind of error', () => {
  expect([exitCodeOf(error), exitCodeOf(new Error('x'))]).toEqual([12, 70]);
});

test('remote text can neither colour the terminal nor give secrets away', () => {
  const hostile = new K8supError({
    code: 'COMMAND_FAILED',
    kind: 'command',
    what: 'h1: \u001b[31mred',
    why: 'token abcdef.0123456789abcdef\u0007',
  });
  expect(renderError(hostile, { style: bare })).toBe(
    '✖ COMMAND_FAILED  h1: \\x1b[31mred\n  token abcdef.[redacted]\\x07',
  );
});

test('a ring of causes ends', () => {
  const ring = new Error('round');
  ring.cause = ring;
  expect(renderError(ring, { style: bare }).match(/Cause/g)?.length).toBe(5);
});

test('colour and ASCII', () => {
  expect(renderError(error, { style: colored })).toContain('\u001b[31m✖\u001b[39m');
  expect(renderError(error, { style: ascii })).toMatch(/^\[x\] HOST_KEY_CHANGED/);
});
