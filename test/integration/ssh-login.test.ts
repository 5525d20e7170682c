import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshSettings } from '../../src/inventory/ssh-settings.ts';
import { sha256 } from '../../src/resources/file.ts';
import { testHost, withoutKey } from '../support/host.ts';
import { testTransport } from '../support/ssh-connection.ts';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { userMounts, users } from '../support/sshd-users.ts';

const { signal } = new AbortController();
const options = { signal, timeoutMs: 60_000 };
const ask = { ask: 'once' } as const;

/** A host without a key: only what is said here lets in. */
function hostOf(sshd: TestSshd, ssh: Partial<SshSettings>, name = 'h1') {
  return { ...testHost(sshd), name, ssh: { ...withoutKey(testHost(sshd).ssh), ...ssh } };
}

/** Who a script runs as, through a transport with these answers. */
async function whoAmI(
  sshd: TestSshd,
  ssh: Partial<SshSettings>,
  { answers = {}, env = {} }: { answers?: Record<string, string>; env?: NodeJS.ProcessEnv } = {},
) {
  await using test = testTransport(answers, env);
  await using connection = await test.transport.connect(hostOf(sshd, ssh), signal);
  const first = await connection.run('id -un; cat', { ...options, contents: [{ bytes: Buffer.from('sent') }] });
  const second = await connection.run('id -un', options);
  return { said: first.stdout + second.stdout, stderr: first.stderr, asked: test.asked };
}

let sshd: TestSshd;
beforeAll(async () => {
  const config = ['PasswordAuthentication yes', 'PermitRootLogin yes'];
  sshd = await startSshd({ config, mounts: userMounts('mount --bind /tmp /tmp; mount -o remount,bind,noexec /tmp') });
});
afterAll(() => sshd.stop());

const key = () => ({ user: 'ops', privateKey: sshd.privateKey });
const asRoot = { said: 'root\nsent\nroot\n' };

describe('sudo', () => {
  test('with a password by standard input, asked for once for all scripts', async () => {
    const ran = await whoAmI(
      sshd,
      { ...key(), becomePassword: ask },
      { answers: { 'sudo password of ops': users.ops } },
    );
    expect(ran).toMatchObject({ ...asRoot, asked: ['sudo password of ops'] });
    expect(ran.stderr).not.toContain('k8sup');
  });

  test('that wants no password passes over the one it was given', async () => {
    const file = secretFile('sudo-password', 'unneeded');
    expect(await whoAmI(sshd, { ...key(), user: 'free', becomePassword: { file } })).toMatchObject(asRoot);
  });

  test('that refuses the password is told, after one try', async () => {
    const refused = whoAmI(sshd, { ...key(), becomePassword: { command: 'echo wrong' } });
    await expect(refused).rejects.toMatchObject({ code: 'BECOME_PASSWORD_WRONG', host: 'h1', kind: 'connection' });
  });

  test('that wants a password nobody named is told with the keys to name it', async () => {
    await expect(whoAmI(sshd, key())).rejects.toMatchObject({
      code: 'NO_ROOT',
      why: expect.stringContaining('a password is required') as string,
      fix: expect.stringContaining('askBecomePassword') as string,
    });
  });

  test('that does not know the user is told in its own words', async () => {
    const file = secretFile('plain-password', users.plain);
    await expect(whoAmI(sshd, { ...key(), user: 'plain', becomePassword: { file } })).rejects.toMatchObject({
      code: 'NO_ROOT',
      why: expect.stringMatching(/plain.*not in the sudoers file/s) as string,
    });
  });

  test('leaves the password out of command lines and environments', async () => {
    await using test = testTransport({ 'sudo password of ops': users.ops });
    await using connection = await test.transport.connect(hostOf(sshd, { ...key(), becomePassword: ask }), signal);
    await connection.run('true', options);
    const script =
      'for p in /proc/[0-9]*; do cat $p/cmdline $p/environ 2>/dev/null; done | tr "\\0" "\\n"; echo "var=$k8sup_l"';
    const { stdout } = await connection.run(script, options);
    expect(stdout).toContain('sudo');
    expect(stdout).not.toContain(users.ops);
    expect(stdout).toContain('var=@@k8sup-go\n');
  });

  test('leaves what is sent to the script as it is, byte for byte', async () => {
    await using test = testTransport({ 'sudo password of ops': users.ops });
    await using connection = await test.transport.connect(hostOf(sshd, { ...key(), becomePassword: ask }), signal);
    const bytes = randomBytes(3_000_000);
    for (const time of ['first, after a question', 'second, with the password ahead']) {
      const result = await connection.run('sha256sum', { ...options, contents: [{ bytes }] });
      expect(result.stdout, time).toBe(`${sha256(bytes)}  -\n`);
    }
  });

  test('runs many scripts at once, each with the password ahead', async () => {
    await using test = testTransport({ 'sudo password of ops': users.ops });
    await using connection = await test.transport.connect(hostOf(sshd, { ...key(), becomePassword: ask }), signal);
    const results = await Promise.all([1, 2, 3, 4].map((n) => connection.run(`echo ${String(n)}; id -u`, options)));
    expect(results.map(({ stdout }) => stdout)).toEqual([1, 2, 3, 4].map((n) => `${String(n)}\n0\n`));
  });
});

describe('su', () => {
  const su = { become: 'su', user: 'plain' } as const;

  test("with root's password", async () => {
    const answers = { 'password of root (su)': users.root };
    const ran = await whoAmI(sshd, { ...key(), ...su, becomePassword: ask }, { answers });
    expect(ran).toMatchObject({ ...asRoot, asked: Object.keys(answers) });
  });

  test('that refuses the password is told', async () => {
    const refused = whoAmI(sshd, { ...key(), ...su, becomePassword: { command: 'echo wrong' } });
    await expect(refused).rejects.toMatchObject({
      code: 'BECOME_PASSWORD_WRONG',
      why: expect.stringContaining('Authentication failure') as string,
    });
  });
});

describe('start-up files that print', () => {
  test('do not come into the output, and /tmp may be noexec', async () => {
    await using test = testTransport();
    await using connection = await test.transport.connect(hostOf(sshd, { ...key(), user: 'free' }), signal);
    const script = 'cp /bin/true /tmp/k8sup-true && { /tmp/k8sup-true 2>/dev/null; echo $?; rm /tmp/k8sup-true; }';
    expect((await connection.run(script, options)).stdout).toBe('126\n');
  });
});

describe('a password', () => {
  test('that is asked for, once for all hosts', async () => {
    await using test = testTransport({ 'password of root': users.root });
    const hosts = ['h1', 'h2', 'h3'].map((name) => hostOf(sshd, { password: ask }, name));
    await test.transport.prepare(hosts, signal);
    expect(test.asked).toEqual(['password of root']);
    const connections = await Promise.all(hosts.map((host) => test.transport.connect(host, signal)));
    for (const connection of connections) {
      expect((await connection.run('id -un', options)).stdout).toBe('root\n');
      await connection[Symbol.asyncDispose]();
    }
    expect(test.asked).toEqual(['password of root']);
  });

  test('of one host alone is asked for with its name', async () => {
    const ran = await whoAmI(
      sshd,
      { password: { ask: 'host' } },
      { answers: { 'password of root on h1': users.root } },
    );
    expect(ran).toMatchObject(asRoot);
  });

  test('from a file and from a command', async () => {
    const file = secretFile('password', `${users.root}\n`);
    expect(await whoAmI(sshd, { password: { file } })).toMatchObject({ ...asRoot, asked: [] });
    expect(await whoAmI(sshd, { password: { command: `cat '${file}'` } })).toMatchObject(asRoot);
  });

  test('that is wrong is told, with what was tried and what the host takes', async () => {
    const file = secretFile('wrong', 'wrong');
    await expect(whoAmI(sshd, { password: { file } })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION',
      why: expect.stringMatching(/tried: password; the host takes: publickey,.*password/) as string,
    });
  });

  test('whose command fails is told without its output', async () => {
    const refused = whoAmI(sshd, { password: { command: 'echo secret; echo locked >&2; exit 3' } });
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PASSWORD_UNREADABLE', why: 'it ended with exit code 3: locked' });
    expect(JSON.stringify(error)).not.toContain('"secret"');
  });
});

describe('keyboard-interactive', () => {
  let pam: TestSshd;
  beforeAll(async () => {
    const config = ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PermitRootLogin yes'];
    const service = 'auth required pam_unix.so\\naccount required pam_unix.so\\nsession required pam_unix.so\\n';
    const more = `printf '${service}' > "$dir/pam"; mount --bind "$dir/pam" /etc/pam.d/sshd`;
    pam = await startSshd({ config, mounts: userMounts(more) });
  });
  afterAll(() => pam.stop());

  test('answers with the password', async () => {
    const file = secretFile('pam-password', users.root);
    expect(await whoAmI(pam, { password: { file } })).toMatchObject(asRoot);
  });
});

describe('a key and a password', () => {
  let both: TestSshd;
  beforeAll(async () => {
    const config = ['PasswordAuthentication yes', 'PermitRootLogin yes', 'AuthenticationMethods publickey,password'];
    both = await startSshd({ config, mounts: userMounts() });
  });
  afterAll(() => both.stop());

  test('are shown one after the other where the host wants both', async () => {
    const file = secretFile('second', users.root);
    expect(await whoAmI(both, { privateKey: both.privateKey, password: { file } })).toMatchObject(asRoot);
  });
});

describe('a key', () => {
  let encrypted: string;
  beforeAll(() => {
    encrypted = join(sshd.dir, 'encrypted');
    writeFileSync(encrypted, readFileSync(sshd.privateKey), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'pass phrase', '-f', encrypted]);
  });

  test('with a passphrase asks once for all hosts', async () => {
    await using test = testTransport({ [`passphrase of ${encrypted}`]: 'pass phrase' });
    const hosts = ['h1', 'h2'].map((name) => hostOf(sshd, { privateKey: encrypted }, name));
    await test.transport.prepare(hosts, signal);
    for (const host of hosts) {
      await using connection = await test.transport.connect(host, signal);
      expect((await connection.run('id -un', options)).stdout).toBe('root\n');
    }
    expect(test.asked).toEqual([`passphrase of ${encrypted}`]);
  });

  test('whose passphrase is wrong three times cannot be used', async () => {
    const question = `passphrase of ${encrypted}`;
    const answers = { [question]: 'no', [`wrong; once more: ${question}`]: 'no' };
    await expect(whoAmI(sshd, { privateKey: encrypted }, { answers })).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      why: 'none of the 3 passphrases fits',
    });
  });

  describe('of an agent', () => {
    let socket: string;
    let agent: number;
    beforeAll(() => {
      socket = join(sshd.dir, 'agent.sock');
      const said = execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' });
      agent = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
      // More keys than sshd lets a client try.
      for (let index = 0; index < 7; index += 1) {
        const file = join(sshd.dir, `other-${String(index)}`);
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
        run('ssh-add', ['-q', file], socket);
      }
    });
    afterAll(() => void process.kill(agent));

    test('is found in the agent where the file is encrypted, and no other key of it is tried', async () => {
      run('ssh-add', ['-q', sshd.privateKey], socket);
      writeFileSync(`${encrypted}.pub`, readFileSync(`${sshd.privateKey}.pub`));
      const ran = await whoAmI(sshd, { privateKey: encrypted }, { env: { SSH_AUTH_SOCK: socket } });
      expect(ran).toMatchObject({ ...asRoot, asked: [] });
    });

    test('lets in alone', async () => {
      run('ssh-add', ['-q', '-D'], socket);
      run('ssh-add', ['-q', sshd.privateKey], socket);
      expect(await whoAmI(sshd, {}, { env: { SSH_AUTH_SOCK: socket } })).toMatchObject(asRoot);
    });

    test('that is gone does not keep a password from being tried', async () => {
      const file = secretFile('beside-agent', users.root);
      const env = { SSH_AUTH_SOCK: join(sshd.dir, 'nowhere.sock') };
      expect(await whoAmI(sshd, { password: { file } }, { env })).toMatchObject(asRoot);
    });
  });

  test('that is not there, nor an agent, nor a password', async () => {
    await expect(whoAmI(sshd, {})).rejects.toMatchObject({ code: 'SSH_NO_KEY' });
  });
});

function secretFile(name: string, text: string): string {
  const file = join(sshd.dir, name);
  writeFileSync(file, text);
  chmodSync(file, 0o600);
  return file;
}

function run(program: string, args: readonly string[], socket: string): void {
  execFileSync(program, args, { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
}
