import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { httpHealth } from '../../../src/components/health.ts';

const scratch = mkdtempSync(join(tmpdir(), 'k8sup-health-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Runs the snippet with a curl that prints what it is told. */
function run(output: string, exitCode = 0): { readonly status: number | null; readonly stdout: string } {
  writeFileSync(join(scratch, 'output'), output);
  writeFileSync(join(scratch, 'curl'), `#!/bin/sh\ncat ${scratch}/output\nexit ${exitCode}\n`, { mode: 0o755 });
  const { sh } = httpHealth({ url: 'https://127.0.0.1:6443/readyz?verbose' });
  const { status, stdout } = spawnSync('/bin/sh', ['-e', '-c', sh], {
    encoding: 'utf8',
    env: { PATH: `${scratch}:/usr/bin:/bin` },
  });
  return { status, stdout };
}

test('200 is healthy and says nothing', () => {
  expect(run('[+]ping ok\nreadyz check passed\n200')).toEqual({ status: 0, stdout: '' });
});

test('names the checks that failed, not those that passed', () => {
  const { status, stdout } = run('[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n500');
  expect(status).toBe(1);
  expect(stdout).toContain('answered 500');
  expect(stdout).toContain('[-]etcd failed');
  expect(stdout).not.toContain('[+]ping');
});

test("passes curl's own complaint on", () => {
  expect(run('curl: (7) Failed to connect\n\n000', 7)).toEqual({ status: 1, stdout: 'curl: (7) Failed to connect\n' });
});

test.each([
  ['the first one', ['one', 'two'], 'one'],
  ['an older one where the first is not there yet', ['missing', 'two'], 'two'],
])('trusts %s of its authorities', (_title, names, trusted) => {
  for (const name of ['one', 'two']) writeFileSync(join(scratch, name), name);
  writeFileSync(join(scratch, 'curl'), `#!/bin/sh\nprintf '%s\\n' "$*" 404\n`, { mode: 0o755 });
  const ca = names.map((name) => join(scratch, name));
  const { sh } = httpHealth({ url: 'https://127.0.0.1/readyz', tls: { ca, cert: '/c', key: '/k' } });
  const { stdout } = spawnSync('/bin/sh', ['-e', '-c', sh], {
    encoding: 'utf8',
    env: { PATH: `${scratch}:/usr/bin:/bin` },
  });
  expect(stdout).toContain(`--cacert ${join(scratch, trusted)} --cert /c --key /k https://127.0.0.1/readyz`);
});

test('asks a real server', async ({ skip }) => {
  if (spawnSync('curl', ['--version']).status !== 0) return skip('there is no curl');
  const server = createServer((_request, response) => response.writeHead(200).end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { sh } = httpHealth({ url: `http://127.0.0.1:${port}/healthz` });
  const { spawn } = await import('node:child_process');
  const status = await new Promise((resolve) => spawn('/bin/sh', ['-c', sh]).on('exit', resolve));
  server.close();
  expect(status).toBe(0);
});
