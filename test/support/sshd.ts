import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real sshd on loopback with a key of its own, for tests of the transport. */
export interface TestSshd {
  readonly port: number;
  readonly dir: string;
  readonly privateKey: string;
  readonly knownHosts: string;
  /** The server's public host key, as a known_hosts entry has it: type and base64. */
  readonly hostKey: string;
  /** What it said so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** Lines that go before the usual ones of its configuration: the first value counts. */
  readonly config?: readonly string[];
  /** Shell commands that run before sshd, in a mount namespace of its own with `$dir` as the test's folder. */
  readonly mounts?: string;
}

/** Starts sshd; resolves when it listens. */
export async function startSshd({ config: extra = [], mounts }: SshdOptions = {}): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'k8sup-sshd-'));
  const port = await freePort();
  for (const key of ['host', 'id']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, key)]);
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(join(dir, 'id.pub')), { mode: 0o600 });
  const config = [
    ...extra,
    `ListenAddress 127.0.0.1:${String(port)}`,
    `HostKey ${join(dir, 'host')}`,
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
  writeFileSync(join(dir, 'sshd_config'), `${config.join('\n')}\n`);
  execFileSync('mkdir', ['-p', '/run/sshd']);
  const start = `dir=${dir}; set -e; ${mounts ?? ':'}\nexec /usr/sbin/sshd -D -e -f "$dir/sshd_config"`;
  const words = [...(mounts === undefined ? [] : ['unshare', '--mount']), 'sh', '-c', start];
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server listening')) resolve();
    });
    child.once('exit', () => reject(new Error(`sshd ended: ${said}`)));
  });
  const hostKey = readFileSync(join(dir, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${String(port)} ${hostKey}\n`);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return { port, dir, privateKey: join(dir, 'id'), knownHosts, hostKey, log: () => said, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
