import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { cli } from '../unit/cli/io.ts';

/** Only commands that change nothing: the host that answers is this machine. */
describe('a host that cannot be reached', () => {
  let sshd: TestSshd;
  let dir: string;
  let inventory: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'k8sup-unreachable-'));
    sshd = await startSshd();
    inventory = join(dir, 'inventory.yaml');
    const ssh = (port: number): string =>
      `{ hostName: 127.0.0.1, port: ${String(port)}, privateKey: ${sshd.privateKey}, knownHosts: ${sshd.knownHosts} }`;
    writeFileSync(
      inventory,
      `cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node], ssh: ${ssh(sshd.port)} }
  - { name: h2, address: 192.0.2.12, ssh: ${ssh(1)} }
`,
    );
  });
  afterAll(async () => {
    await sshd.stop();
    rmSync(dir, { recursive: true });
  });

  test('is a row of status beside the others', async () => {
    const { code, out, err } = await cli('status', inventory);
    expect([code, err]).toEqual([22, '']);
    expect(out).toMatch(/^ {2}h1 +192\.0\.2\.11 +etcd,master,node +\S.*kernel /m);
    expect(out).toMatch(/^ {2}h2 +192\.0\.2\.12 +node +unreachable: .*ECONNREFUSED/m);
    expect(out).toMatch(/^ {2}h1 +kubelet\.service /m);
  });

  test('is in the status as JSON, and counts as failed', async () => {
    const { code, events } = await cli('status', inventory, '-o', 'json');
    expect(code).toBe(22);
    const hosts = events.flatMap((event) => (event.type === 'status' ? event.status.hosts : []));
    expect(hosts.map(({ name, unreachable }) => [name, unreachable !== undefined])).toEqual([
      ['h1', false],
      ['h2', true],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'summary', failed: 1, ok: false });
  });

  test('is a check of verify that failed, beside the others', async () => {
    const { code, events } = await cli('verify', inventory, '-o', 'json');
    expect(code).toBe(22);
    const checks = events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
    expect(checks[0]).toMatchObject({ name: 'host', tried: 'h2 over SSH', ok: false });
    expect(checks.map(({ name }) => name)).toContain('pods');
    expect(events.at(-1)).toMatchObject({ type: 'summary', failed: 1, ok: false });
  });

  test('ends a plan that could change it', async () => {
    const { code, events } = await cli('plan', inventory, '-o', 'json');
    expect(code).toBe(11);
    expect(events.at(-2)).toMatchObject({ type: 'error', error: { code: 'HOST_UNREACHABLE', host: 'h2' } });
    expect(events.at(-1)).toMatchObject({ type: 'summary', failed: 1, ok: false });
  });

  test('is left out of a plan for others, with a warning', async () => {
    const { events } = await cli('plan', inventory, '--limit', 'h1', '-o', 'json');
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({
      host: 'h2',
      text: expect.stringMatching(/left out.*ECONNREFUSED/) as string,
    });
    expect(events.filter(({ type }) => type === 'host-failed')).toEqual([]);
    // Preflight judges the host that was reached: its address is not on this machine.
    expect(events.find(({ type }) => type === 'error')).not.toMatchObject({ error: { code: 'HOST_UNREACHABLE' } });
  });
});
