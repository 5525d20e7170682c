import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';

/** Words that are in no file by chance. */
const password = 'Marker-7f3a "of" sudo';
const rootPassword = 'Marker-91cc $of root';

describe.skipIf(noLab !== undefined)(`hosts that are hard to reach${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  let plain: string;
  const prepare = (): Promise<K8supRun> => lab.k8sup('stage', '01.prepare', lab.inventory, '-o', 'json');
  const editHost2 = (ssh: object): void => {
    writeFileSync(lab.inventory, plain);
    lab.edit(({ hosts }) => {
      Object.assign(hosts.find(({ name }) => name === 'h2') ?? {}, { ssh: { user: 'ops', ...ssh } });
    });
  };
  const secret = (name: string, text: string): string => {
    const file = join(lab.dir, name);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  };

  beforeAll(async () => {
    lab = await bootLab('e2e-reach', 2, 'newest');
    plain = readFileSync(lab.inventory, 'utf8');
    const hashOf = (text: string): string =>
      execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: text, encoding: 'utf8' }).trim();
    for (const host of ['h1', 'h2']) {
      await lab.ssh(
        host,
        `mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp
echo 'echo printed by bashrc; echo said by bashrc >&2' | tee -a /root/.bashrc /home/ops/.bashrc >/dev/null
chown ops:ops /home/ops/.bashrc
printf 'MaxSessions 1\\nMaxStartups 10:100:11\\n' > /etc/ssh/sshd_config.d/small.conf
systemctl restart ssh.service`,
      );
    }
    await lab.ssh(
      'h2',
      `printf '%s\\n' 'ops:${hashOf(password)}' 'root:${hashOf(rootPassword)}' | chpasswd -e
echo 'ops ALL=(ALL:ALL) ALL' > /etc/sudoers.d/ops`,
    );
  });
  afterAll(() => lab.down());

  test('a sudo that wants a password is told as one error, with the settings to name it', async () => {
    editHost2({});
    const result = await prepare();
    expect(result.exitCode).toBe(11);
    expect(result.stdout).toContain('NO_ROOT');
    expect(result.stdout).toContain('askBecomePassword');
  });

  test('one session at a time, /tmp noexec, login files that print, and sudo with a password are enough', async () => {
    editHost2({ becomePasswordFile: secret('sudo.password', password) });
    expect(good(await prepare()).changed).toBeGreaterThan(0);
    expect(good(await prepare())).toMatchObject({ changed: 0, failed: 0 });
  });

  test("su with root's password does too", async () => {
    editHost2({ become: 'su', becomePasswordFile: secret('root.password', rootPassword) });
    expect(good(await prepare())).toMatchObject({ changed: 0, failed: 0 });
  });

  test('passwords are in no output, no log, and no file of the hosts', async () => {
    editHost2({ becomePasswordFile: secret('sudo.password', password) });
    const result = await lab.k8sup('stage', '01.prepare', lab.inventory);
    expect(result.stdout + result.stderr).not.toContain('Marker-');
    for (const file of filesBelow(join(lab.dir, '.k8sup')))
      expect(readFileSync(file, 'latin1'), file).not.toContain('Marker-');
    const found = await lab.ssh(
      'h2',
      "grep -rlF 'Marker-' /etc /var /run /root /home /tmp 2>/dev/null | sed 's/^/in /' || :",
    );
    expect(found).not.toMatch(/^in /m);
  });

  test('a password that is wrong is tried once', async () => {
    editHost2({ becomePasswordFile: secret('wrong.password', 'wrong') });
    const result = await prepare();
    expect(result.exitCode).toBe(11);
    expect(result.stdout).toContain('BECOME_PASSWORD_WRONG');
  });
});

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}
