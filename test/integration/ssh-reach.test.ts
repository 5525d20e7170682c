import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { K8supError } from '../../src/errors/k8sup-error.ts';
import type { SshSettings } from '../../src/inventory/ssh-settings.ts';
import { fingerprint } from '../../src/transport/ssh/host-key.ts';
import { testHost, withoutKey } from '../support/host.ts';
import { connectSsh, testTransport } from '../support/ssh-connection.ts';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';

const { signal } = new AbortController();
const options = { signal, timeoutMs: 60_000 };

/** The target; a gate and a second jump host, each with keys of its own. */
let sshd: TestSshd;
let gate: TestSshd;
let inner: TestSshd;
beforeAll(async () => {
  [sshd, gate, inner] = await Promise.all([startSshd(), startSshd(), startSshd({ config: ['MaxSessions 0'] })]);
});
afterAll(() => Promise.all([sshd, gate, inner].map((one) => one.stop())));

function jump(name: string, one: TestSshd, ssh: Partial<SshSettings> = {}) {
  return { name, ssh: { ...testHost(one).ssh, ...ssh } };
}

async function says(ssh: Partial<SshSettings>, name = 'h1'): Promise<string> {
  await using connection = await connectSsh({ ...testHost(sshd, ssh), name }, signal);
  return (await connection.run('echo here', options)).stdout;
}

const logins = (one: TestSshd): number => one.log().split('Accepted publickey').length - 1;

describe('jump hosts', () => {
  const both = () => [jump('gate', gate), jump('inner', inner)];

  test('carry a connection one through the other, and one for all hosts', async () => {
    const before = [logins(gate), logins(inner)];
    await using test = testTransport();
    const hosts = ['h1', 'h2', 'h3'].map((name) => ({ ...testHost(sshd, { proxyJump: both() }), name }));
    const connections = await Promise.all(hosts.map((host) => test.transport.connect(host, signal)));
    for (const connection of connections) {
      expect((await connection.run('echo through', options)).stdout).toBe('through\n');
      await connection[Symbol.asyncDispose]();
    }
    expect([logins(gate), logins(inner)]).toEqual(before.map((count) => count + 1));
  });

  test('have host keys of their own to be checked', async () => {
    const stranger = jump('inner', inner, { knownHosts: gate.knownHosts });
    await expect(says({ proxyJump: [jump('gate', gate), stranger] }, 'h7')).rejects.toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      host: 'h7',
      message: expect.stringContaining('h7: jump host inner') as string,
    });
  });

  test('have credentials of their own', async () => {
    const other = jump('gate', gate, { privateKey: sshd.privateKey });
    await expect(says({ proxyJump: [other] })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION',
      message: expect.stringContaining('h1: jump host gate (root@127.0.0.1') as string,
    });
  });

  test('that forbid it are named, with the setting', async () => {
    const closed = await startSshd({ config: ['AllowTcpForwarding no'] });
    try {
      await expect(says({ proxyJump: [jump('closed', closed)] })).rejects.toMatchObject({
        code: 'HOST_UNREACHABLE',
        message: expect.stringContaining('through closed') as string,
        fix: expect.stringContaining('AllowTcpForwarding') as string,
      });
    } finally {
      await closed.stop();
    }
  });

  test('that cannot reach the host are named', async () => {
    await expect(says({ proxyJump: [jump('gate', gate)], port: 1 })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining('cannot be reached through gate') as string,
    });
  });

  test('that are gone fail each host behind them under its own name', async () => {
    await using test = testTransport();
    const connecting = ['h1', 'h2'].map((name) =>
      test.transport.connect({ ...testHost(sshd, { proxyJump: [jump('gone', gate, { port: 1 })] }), name }, signal),
    );
    const errors = (await Promise.allSettled(connecting)).map(
      (one) => one.status === 'rejected' && (one.reason as unknown),
    );
    expect(
      errors.map((error) => error instanceof K8supError && `${error.host ?? ''} ${error.message.split(' (')[0] ?? ''}`),
    ).toEqual(['h1 h1: jump host gone', 'h2 h2: jump host gone']);
  });
});

describe("OpenSSH's configuration", () => {
  /** A configuration file, whose hosts have what the inventory leaves out. */
  function configured(
    text: string,
    ssh: Partial<SshSettings> = {},
    written: readonly string[] = [],
  ): Partial<SshSettings> {
    const config = join(sshd.dir, 'ssh_config');
    writeFileSync(config, text);
    // What the inventory does not say is nonsense here, so that only the configuration can be right.
    return {
      hostName: 'alias',
      port: 1,
      knownHosts: '/nowhere',
      config,
      written: new Set(['config', ...written]),
      ...ssh,
    };
  }

  const place = (one: TestSshd): string =>
    `HostName 127.0.0.1\n Port ${String(one.port)}\n IdentityFile ${one.privateKey}\n UserKnownHostsFile ${one.knownHosts}\n IdentitiesOnly yes`;

  async function reached(ssh: Partial<SshSettings>): Promise<string> {
    const nothing = withoutKey(testHost(sshd).ssh);
    await using test = testTransport();
    await using connection = await test.transport.connect({ ...testHost(sshd), ssh: { ...nothing, ...ssh } }, signal);
    return (await connection.run('echo here', options)).stdout;
  }

  test('says where a host is, and with which key', async () => {
    expect(await reached(configured(`Host alias\n ${place(sshd)}\n`))).toBe('here\n');
  });

  test('may include other files and match', async () => {
    const more = join(sshd.dir, 'more');
    writeFileSync(more, `Match host alias exec "true"\n ${place(sshd)}\n`);
    expect(await reached(configured(`Include ${more}\nMatch host alias exec "false"\n Port 2\n`))).toBe('here\n');
  });

  test('gives way to the inventory', async () => {
    const wrong = `Host alias\n ${place(sshd).replace(/Port \d+/, 'Port 2')}\n User nobody\n`;
    const said = { port: sshd.port, user: 'root' };
    expect(await reached(configured(wrong, said, ['port', 'user']))).toBe('here\n');
    await expect(reached(configured(wrong, said, ['user']))).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining('root@127.0.0.1:2)') as string,
    });
  });

  test('has the key to try where the default user of the inventory is not the one it names', async () => {
    const refused = reached(configured(`Host alias\n ${place(sshd)}\n User nobody\n`));
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('nobody@127.0.0.1') as string });
  });

  test('names jump hosts, which may have others before them', async () => {
    const text = `Host alias\n ${place(sshd)}\n ProxyJump middle\nHost middle\n ${place(inner)}\n ProxyJump first\nHost first\n ${place(gate)}\n`;
    const before = [logins(gate), logins(inner)];
    expect(await reached(configured(text))).toBe('here\n');
    expect([logins(gate), logins(inner)]).toEqual(before.map((count) => count + 1));
  });

  test('with jump hosts in a ring ends', async () => {
    const ring = 'Host alias\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump a\n';
    await expect(reached(configured(ring))).rejects.toMatchObject({ code: 'PROXY_JUMP_LOOP', host: 'h1' });
  });

  test('may have a proxy command', async () => {
    const text = `Host alias\n ${place(sshd)}\n ProxyCommand socat - TCP:%h:%p\n`;
    expect(await reached(configured(text))).toBe('here\n');
  });

  test('records keys under an alias, hashed where it says so', async () => {
    const file = join(sshd.dir, 'aliased');
    writeFileSync(file, '');
    const text = `Host alias\n ${place(sshd).replace(sshd.knownHosts, file)}\n HostKeyAlias other\n HashKnownHosts yes\n StrictHostKeyChecking accept-new\n`;
    expect(await reached(configured(text))).toBe('here\n');
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect(execFileSync('ssh-keygen', ['-F', 'other', '-f', file], { encoding: 'utf8' })).toContain(sshd.hostKey);
  });

  test('that tells ssh to check no host keys is not followed in that', async () => {
    const text = `Host alias\n ${place(sshd).replace(sshd.knownHosts, '/dev/null')}\n StrictHostKeyChecking no\n`;
    await expect(reached(configured(text))).rejects.toMatchObject({ code: 'HOST_KEY_UNKNOWN' });
  });

  test('that ssh cannot read is told in its words', async () => {
    await expect(reached(configured('Host alias\n Nonsense yes\n'))).rejects.toMatchObject({
      code: 'SSH_CONFIG_INVALID',
      why: expect.stringContaining('nonsense') as string,
    });
  });
});

describe('host keys', () => {
  const key = () => Buffer.from(sshd.hostKey.split(' ')[1] ?? '', 'base64');

  test('pinned in the inventory need no known_hosts', async () => {
    expect(await says({ knownHosts: '/nowhere', hostKey: fingerprint(key()) })).toBe('here\n');
    expect(await says({ knownHosts: '/nowhere', hostKey: sshd.hostKey })).toBe('here\n');
  });

  test('that are not the pinned one are refused, whatever known_hosts says', async () => {
    for (const hostKey of [gate.hostKey, `SHA256:${'A'.repeat(43)}`]) {
      await expect(says({ hostKey, hostKeyChecking: 'accept-new' })).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        why: expect.stringContaining(fingerprint(key())) as string,
      });
    }
  });

  test('are found under hashed names', async () => {
    const file = join(sshd.dir, 'hashed');
    writeFileSync(file, readFileSync(sshd.knownHosts));
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect(await says({ knownHosts: file })).toBe('here\n');
  });

  test.each(['strict', 'accept-new'] as const)('of which only an authority is known are refused (%s)', async (mode) => {
    const file = join(sshd.dir, 'authority');
    writeFileSync(file, `\n@cert-authority * ${gate.hostKey}\n`);
    await expect(says({ knownHosts: file, hostKeyChecking: mode })).rejects.toMatchObject({
      code: 'HOST_CERTIFICATE_UNSUPPORTED',
      message: expect.stringContaining(`${file}:2`) as string,
    });
  });
});
