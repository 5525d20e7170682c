import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectLocal } from '../../src/transport/local/connect.ts';
import { openSecrets } from '../../src/transport/secrets.ts';
import { sha256 } from '../../src/resources/file.ts';
import { componentNames } from '../../src/inventory/model.ts';
import type { Host } from '../../src/inventory/model.ts';
import type { SshSettings } from '../../src/inventory/ssh-settings.ts';
import { testTransport } from '../support/ssh-connection.ts';
import { cli } from '../unit/cli/io.ts';

const { signal } = new AbortController();
const options = { signal, timeoutMs: 30_000 };

function localHost(ssh: Partial<SshSettings> = {}): Host {
  const noExtras = { extraArgs: {}, extraConfig: {} };
  return {
    name: 'here',
    address: '192.0.2.1',
    addresses: ['192.0.2.1'],
    roles: new Set(['node']),
    labels: {},
    taints: [],
    variables: {},
    extras: Object.fromEntries(componentNames.map((name) => [name, noExtras])) as Host['extras'],
    connection: 'local',
    ssh: {
      hostName: '192.0.2.1',
      port: 22,
      user: 'nobody',
      become: 'sudo',
      knownHosts: '/nowhere',
      hostKeyChecking: 'strict',
      connectTimeoutSeconds: 1,
      keepaliveSeconds: 1,
      written: new Set(),
      ...ssh,
    },
  };
}

/** As another user than the one who runs the tests would, as far as sudo is asked. */
const user = { username: 'ops', uid: 4242 };

describe('the machine itself', () => {
  test('runs scripts with output, exit code and contents, without SSH', async () => {
    await using test = testTransport();
    await using connection = await test.transport.connect(localHost(), signal);
    const bytes = randomBytes(3_000_000);
    const script = 'echo err >&2; id -u; sha256sum; exit 7';
    const result = await connection.run(script, { ...options, contents: [{ bytes }] });
    expect(result).toMatchObject({ exitCode: 7, stderr: 'err\n', stdout: `0\n${sha256(bytes)}  -\n` });
    expect(connection.bytesSent).toBeGreaterThan(bytes.length);
  });

  test('gives scripts none of our environment', async () => {
    process.env['K8SUP_TEST_SECRET'] = 'x';
    await using test = testTransport();
    await using connection = await test.transport.connect(localHost(), signal);
    expect((await connection.run('env', options)).stdout).not.toContain('K8SUP_TEST_SECRET');
    delete process.env['K8SUP_TEST_SECRET'];
  });

  test('ends at the limit', async () => {
    await using test = testTransport();
    await using connection = await test.transport.connect(localHost(), signal);
    await expect(connection.run('sleep 5', { signal, timeoutMs: 300 })).rejects.toMatchObject({ code: 'HOST_TIMEOUT' });
  });

  test('becomes root by sudo for a user who is not, with or without a password', async () => {
    const secrets = openSecrets(() => Promise.resolve('pw'));
    for (const ssh of [{}, { becomePassword: { ask: 'once' } as const }]) {
      await using connection = await connectLocal(localHost(ssh), secrets, { signal, user });
      expect((await connection.run('id -u; echo "$SUDO_COMMAND"', options)).stdout).toMatch(
        /^0\n\/bin\/sh -c .*k8sup_n/,
      );
    }
  });
});

describe('a command on hosts of which one is this machine', () => {
  let dir: string;
  beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'k8sup-local-'))));
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Of an inventory whose second host, if any, cannot be reached. */
  const status = (more = '', ssh = '') => {
    const file = join(dir, 'inventory.yaml');
    const here = '{ name: h1, address: 192.0.2.11, roles: [etcd, master, node], connection: local }';
    writeFileSync(file, `cluster: { name: one }\n${ssh}hosts:\n  - ${here}\n${more}`);
    return cli('status', file);
  };

  test('looks at it', async () => {
    const { out } = await status();
    expect(out).toMatch(/^ {2}h1 +192\.0\.2\.11 +etcd,master,node +\S.*kernel /m);
  });

  test('ends before anything where a password is needed and nobody can be asked', async () => {
    const ssh = `ssh: { askPassword: true, knownHosts: ${dir}/known }\n`;
    const { code, err, out } = await status('  - { name: h2, address: 192.0.2.12 }\n', ssh);
    expect([code, out]).toEqual([64, '']);
    expect(err).toContain('NO_TERMINAL');
    expect(err).toContain('the password of root is needed');
  });
});
