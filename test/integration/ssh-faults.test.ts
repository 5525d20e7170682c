import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, connect as openSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSecrets } from '../../src/transport/secrets.ts';
import { openSsh } from '../../src/transport/ssh/connect.ts';
import { testHost } from '../support/host.ts';
import { connectSsh, testTransport } from '../support/ssh-connection.ts';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';

const { signal } = new AbortController();
const options = { signal, timeoutMs: 60_000 };

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

describe('an sshd that has no place', () => {
  test('for a login is asked again, and that is told', async () => {
    const full = await startSshd({ config: ['MaxStartups 2'] });
    const taken: Socket[] = [];
    try {
      await using test = testTransport();
      for (let index = 0; index < 2; index += 1) taken.push(await greeted(full.port));
      const connecting = test.transport.connect(testHost(full), signal);
      await expect.poll(() => test.warnings.length, { timeout: 30_000 }).toBeGreaterThan(0);
      for (const socket of taken) socket.destroy();
      await using connection = await connecting;
      expect((await connection.run('echo in', options)).stdout).toBe('in\n');
      expect(test.warnings[0]).toMatch(/^h1: sshd closed the connection before the login .*; trying again in /);
    } finally {
      for (const socket of taken) socket.destroy();
      await full.stop();
    }
  });

  test('for a login, however often it is asked, ends in one error', async () => {
    const dropping = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => dropping.listen(0, '127.0.0.1', resolve));
    const { port } = dropping.address() as AddressInfo;
    const warnings: string[] = [];
    const secrets = openSecrets(() => Promise.resolve(''));
    const warn = (host: string, text: string): void => void warnings.push(`${host}: ${text}`);
    await using ssh = openSsh({ secrets, env: {}, warn, random: () => -0.5 });
    await expect(ssh.connect(testHost(sshd, { port }), signal)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      fix: expect.stringContaining('MaxStartups') as string,
    });
    expect(warnings).toHaveLength(5);
    dropping.close();
  });

  test('for many logins at once gets a few at a time', async () => {
    // The eleventh login is dropped without exception.
    const strict = await startSshd({ config: ['MaxStartups 10:100:11'] });
    try {
      await using test = testTransport();
      const hosts = Array.from({ length: 30 }, (_, index) => ({ ...testHost(strict), name: `h${String(index)}` }));
      const connections = await Promise.all(hosts.map((host) => test.transport.connect(host, signal)));
      await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
      // sshd may learn late that a login is through, and drop one then; of thirty at once it drops nineteen.
      expect(test.warnings.length).toBeLessThan(5);
    } finally {
      await strict.stop();
    }
  });

  test('for a second session gets one script after the other', async () => {
    const single = await startSshd({ config: ['MaxSessions 1'] });
    try {
      await using connection = await connectSsh(testHost(single), signal);
      const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(String);
      const results = await Promise.all(numbers.map((n) => connection.run(`sleep 0.05; echo ${n}`, options)));
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(numbers);
      // A script that was given up keeps its session for as long as it runs.
      await expect(connection.run('sleep 1', { signal, timeoutMs: 300 })).rejects.toMatchObject({
        code: 'HOST_TIMEOUT',
      });
      expect((await connection.run('echo after', options)).stdout).toBe('after\n');
    } finally {
      await single.stop();
    }
  });

  test('for any session is told, and does not hang', async () => {
    const none = await startSshd({ config: ['MaxSessions 0'] });
    await using connection = await connectSsh(testHost(none), signal);
    await expect(connection.run('true', options)).rejects.toMatchObject({
      code: 'CHANNEL_REFUSED',
      fix: expect.stringContaining('MaxSessions') as string,
    });
    await none.stop();
  });
});

describe('a host that says nothing', () => {
  test('from the beginning is given up in time', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await expect(connectSsh(testHost(sshd, { port, connectTimeoutSeconds: 1 }), signal)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      host: 'h1',
      why: 'the connection is up, but no SSH server spoke within 1 s',
      fix: expect.stringContaining('sshd there hangs') as string,
    });
    silent.close();
  });

  test('in the middle of a script is given up in time, with the connection up', async () => {
    await using connection = await connectSsh(testHost(sshd, { keepaliveSeconds: 1 }), signal);
    // What the script prints may not come through any more.
    const file = join(sshd.dir, 'stopped');
    const hanging = connection.run(`echo $PPID > ${file}; kill -STOP $PPID; sleep 60`, options);
    await expect(hanging).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      host: 'h1',
      why: 'the host answered nothing for 3 s',
    });
    const stopped = Number(readFileSync(file, 'utf8'));
    expect(stopped).toBeGreaterThan(1);
    process.kill(stopped, 'SIGKILL');
  });

  test('any more in the middle of an upload is told, although nobody reads what is to be sent', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    let taken = 0;
    const endless = Readable.from(
      (function* () {
        for (; taken < 1000; taken += 1) yield Buffer.alloc(1 << 18);
      })(),
    );
    const contents = [{ path: 'endless', length: 1 << 30, open: () => endless }];
    // More than the window of a channel is never taken: the upload waits when the connection ends.
    const cut = 'head -c 65536 >/dev/null; sleep 0.5; kill -KILL $PPID; sleep 60';
    await expect(connection.run(cut, { ...options, contents })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(taken).toBeLessThan(100);
    await expect.poll(() => endless.destroyed).toBe(true);
  });

  test('while its sshd answers is given up at the limit, with what it was at', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    await expect(connection.run('echo begun; sleep 30', { signal, timeoutMs: 1500 })).rejects.toMatchObject({
      code: 'HOST_TIMEOUT',
      host: 'h1',
      why: expect.stringMatching(
        /the connection is up, but the script did not end; the last word from it came \d+ s ago/,
      ) as string,
    });
  });
});

/** A connection that never logs in. */
function greeted(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.once('data', () => resolve(socket));
  });
}
