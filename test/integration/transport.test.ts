import { randomBytes } from 'node:crypto';
import { appendFileSync, createReadStream, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyToHost } from '../../src/engine/apply-host.ts';
import { probeScript } from '../../src/engine/script.ts';
import type { AnyResource } from '../../src/resources/define.ts';
import { rawShell, sh } from '../../src/shell/sh.ts';
import { testHost } from '../support/host.ts';
import { connectSsh } from '../support/ssh-connection.ts';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';

let sshd: TestSshd;
/** Applying writes a lock and a state folder: this machine keeps none that it did not have. */
const made = ['/run/k8sup', '/var/lib/k8sup'].filter((dir) => !existsSync(dir));
const signal = new AbortController().signal;
const options = { signal, timeoutMs: 20_000 };

beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd.stop();
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

describe('running scripts', () => {
  test('gives output, error output and exit code', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const result = await connection.run('echo out; echo err >&2; exit 7', options);
    expect(result).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('hands contents to the script byte for byte, streams included', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const first = randomBytes(100_000);
    const second = randomBytes(3_000_000);
    const contents = [
      { bytes: first },
      { length: second.length, path: 'second', open: () => Readable.from([second.subarray(0, 9), second.subarray(9)]) },
    ];
    const script = 'head -c 100000 | sha256sum; head -c 3000000 | sha256sum; head -c 1 | wc -c';
    const result = await connection.run(script, { ...options, contents });
    const { sha256 } = await import('../../src/resources/file.ts');
    expect(result.stdout).toBe(`${sha256(first)}  -\n${sha256(second)}  -\n0\n`);
  });

  test('a file that cannot be sent is named, and its channel is closed', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const path = join(sshd.dir, 'gone');
    const contents = [{ length: 9, path, open: () => createReadStream(path) }];
    await expect(connection.run('sleep 30', { ...options, contents })).rejects.toMatchObject({
      code: 'UPLOAD_UNREADABLE',
      kind: 'artifact',
      host: 'h1',
      message: `h1: ${path} cannot be sent`,
      why: expect.stringContaining('ENOENT') as string,
    });
    expect((await connection.run('echo alive', options)).stdout).toBe('alive\n');
  });

  test('many scripts at once are more than sshd allows, so that some wait', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const scripts = Array.from({ length: 30 }, (_, index) => `sleep 0.1; echo ${String(index)}`);
    const results = await Promise.all(scripts.map((script) => connection.run(script, options)));
    expect(results.map(({ stdout }) => stdout)).toEqual(scripts.map((_, index) => `${String(index)}\n`));
  });

  test('a script that ends before it has read its contents is no error of the transport', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const result = await connection.run('exit 3', { ...options, contents: [{ bytes: randomBytes(8_000_000) }] });
    expect(result.exitCode).toBe(3);
  });

  test('a script longer than one argument may be is run', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const result = await connection.run(`# ${'x'.repeat(300_000)}\necho end`, options);
    expect(result.stdout).toBe('end\n');
  });

  test('keeps no output where only its lines are wanted', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const told: string[] = [];
    const given = { ...options, keepOutput: false, onLine: (line: string) => void told.push(line) };
    expect(await connection.run('echo one; printf two', given)).toMatchObject({ exitCode: 0, stdout: '' });
    expect(told).toEqual(['one', 'two']);
  });

  test('holds the input open until the run ends, so that the script learns of its end', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const file = join(sshd.dir, 'gone');
    const cancel = new AbortController();
    const given = { ...options, signal: cancel.signal, holdInput: true, onLine: () => cancel.abort() };
    const script = `if read -r -t 1 x; [ $? -gt 128 ]; then echo waits; cat; touch ${file}; fi`;
    const bash = `bash -c '${script}'`;
    await expect(connection.run(bash, given)).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
  });

  test('ends with HOST_TIMEOUT when the script hangs', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    await expect(connection.run('sleep 30', { signal, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'HOST_TIMEOUT',
    });
    expect((await connection.run('echo alive', options)).stdout).toBe('alive\n');
  });

  test('stops when the run is cancelled', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const cancel = new AbortController();
    const running = connection.run('echo started; sleep 30', {
      signal: cancel.signal,
      timeoutMs: 20_000,
      onLine: () => cancel.abort(),
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('host keys', () => {
  const connect = (ssh: Parameters<typeof testHost>[1]) => connectSsh(testHost(sshd, ssh), signal);

  test('an unknown host is refused with its fingerprint', async () => {
    await expect(connect({ knownHosts: join(sshd.dir, 'none') })).rejects.toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      exitCode: 12,
    });
  });

  test('accept-new records the key, and then knows it', async () => {
    const file = join(sshd.dir, 'accepted');
    writeFileSync(file, '');
    await (await connect({ knownHosts: file, hostKeyChecking: 'accept-new' }))[Symbol.asyncDispose]();
    expect(readFileSync(file, 'utf8')).toContain(sshd.hostKey);
    await (await connect({ knownHosts: file }))[Symbol.asyncDispose]();
  });

  test('a changed key is refused, also by accept-new, and the line is named', async () => {
    const file = join(sshd.dir, 'changed');
    const other = readFileSync(join(sshd.dir, 'id.pub'), 'utf8').split(' ')[1] ?? '';
    writeFileSync(file, `# comment\n[127.0.0.1]:${String(sshd.port)} ssh-ed25519 ${other}\n`);
    const refused = connect({ knownHosts: file, hostKeyChecking: 'accept-new' });
    await expect(refused).rejects.toMatchObject({
      code: 'HOST_KEY_CHANGED',
      message: expect.stringContaining(`${file}:2`) as string,
    });
  });

  test('a revoked key is refused although it is recorded', async () => {
    const file = join(sshd.dir, 'revoked');
    writeFileSync(file, readFileSync(sshd.knownHosts));
    appendFileSync(file, `@revoked * ${sshd.hostKey}\n`);
    await expect(connect({ knownHosts: file })).rejects.toMatchObject({ code: 'HOST_KEY_REVOKED' });
  });
});

describe('reaching a host', () => {
  test('a proxy command carries the connection', async () => {
    const host = testHost(sshd, { proxyCommand: 'socat - TCP:%h:%p' });
    await using connection = await connectSsh(host, signal);
    expect((await connection.run('echo through', options)).stdout).toBe('through\n');
  });

  test('the error of a failing proxy command is in ours', async () => {
    const host = testHost(sshd, { proxyCommand: 'echo no way to %h >&2; false' });
    await expect(connectSsh(host, signal)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      why: expect.stringContaining('no way to 127.0.0.1') as string,
    });
  });

  test('a port on which nobody listens', async () => {
    const refused = connectSsh(testHost(sshd, { port: 1 }), signal);
    await expect(refused).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', exitCode: 11 });
  });

  test('a user who may not log in', async () => {
    await expect(connectSsh(testHost(sshd, { user: 'nobody' }), signal)).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION',
    });
  });

  test('a key file that is none', async () => {
    const host = testHost(sshd, { privateKey: join(sshd.dir, 'sshd_config') });
    await expect(connectSsh(host, signal)).rejects.toMatchObject({ code: 'SSH_KEY_UNREADABLE' });
  });
});

describe('sections', () => {
  test('a probe that reads standard input, prints without a newline or fails does not disturb the next', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const script = probeScript([
      { key: 'a', script: rawShell('cat; printf x') },
      { key: 'b', script: rawShell('echo said; exit 4') },
      { key: 'c', script: sh`echo ${"it's"}` },
    ]);
    const sections = script.parse((await connection.read(script.script, options)).stdout);
    expect([...sections]).toEqual([
      ['a', { exitCode: 0, output: 'x' }],
      ['b', { exitCode: 4, output: 'said' }],
      ['c', { exitCode: 0, output: "it's" }],
    ]);
  });

  test('applying stops at the first failure and says what it printed', async () => {
    await using connection = await connectSsh(testHost(sshd), signal);
    const ran: string[] = [];
    const thing = (id: string, script: string): AnyResource => ({
      id,
      probe: sh`echo ok`,
      parse: (out) => out,
      diff: () => [],
      apply: { script: rawShell(script) },
    });
    const resources = [
      thing('one', 'true'),
      thing('two', 'echo because; false; echo not here'),
      thing('three', 'true'),
    ];
    const applying = applyToHost(testHost(sshd), resources, connection, {
      signal,
      holder: 'test',
      stage: '00.test',
      onBegin: (id) => ran.push(id),
      onDone: () => undefined,
      onLeft: () => undefined,
    });
    await expect(applying).rejects.toMatchObject({ code: 'RESOURCE_FAILED', why: 'exit code 1\nbecause' });
    expect(ran).toEqual(['one', 'two']);
  });
});
