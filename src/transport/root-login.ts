import { K8supError } from '../errors/k8sup-error.ts';
import { goLine, loaderCommand, passwordPrompt } from '../host/loader.ts';
import type { SshSettings } from '../inventory/ssh-settings.ts';
import type { Secrets } from './secrets.ts';

/** How the scripts of one connection become root. */
export interface RootLogin {
  readonly command: string;
  /** Undefined for a login as root, and where nothing is to be asked. */
  readonly password?: RootPassword;
  readonly with: 'none' | 'sudo' | 'su';
}

/** A password that goes to standard input ahead of the script. */
export interface RootPassword {
  readonly text: string;
  /**
   * Set once it was right, or not needed: then it is sent without waiting for the question, which saves a round trip for each script. Until then it is
   * sent when asked for alone, so that a wrong one is tried once and nothing else is taken for it.
   */
  proven: boolean;
}

/** @throws K8supError where the password cannot be had. */
export async function rootLogin(
  host: { readonly name: string; readonly ssh: SshSettings; readonly isRoot: boolean },
  secrets: Secrets,
  signal: AbortSignal,
): Promise<RootLogin> {
  const { become, becomePassword, user } = host.ssh;
  if (host.isRoot) return { command: loaderCommand(), with: 'none' };
  if (becomePassword === undefined) return { command: loaderCommand({ with: become, password: false }), with: become };
  const what = become === 'su' ? 'password of root (su)' : `sudo password of ${user}`;
  const text = await secrets.get(becomePassword, { what, host: host.name }, signal);
  return {
    command: loaderCommand({ with: become, password: true }),
    with: become,
    password: { text, proven: false },
  };
}

/** What is sent ahead of the script, where it is known to be right. */
export function ahead(password: RootPassword): string {
  return `${password.text}\n${goLine}\n`;
}

/** Standard error without the questions in it. */
export function withoutPrompts(stderr: string): string {
  return stderr.replaceAll(passwordPrompt, '');
}

/** What sudo or su said when no shell of root's came of it. */
export function rootRefused(host: string, login: RootLogin, said: string): K8supError {
  const about = { kind: 'connection', host } as const;
  const why = withoutPrompts(said).trim();
  if (login.password !== undefined && /incorrect|sorry|authentication failure|no password was provided/i.test(said)) {
    return new K8supError({
      ...about,
      code: 'BECOME_PASSWORD_WRONG',
      what: `${host}: ${login.with} does not take the password`,
      why: why || 'it asked for the password again',
      fix:
        login.with === 'su'
          ? "su wants root's own password: check where it comes from (askBecomePassword, becomePasswordFile, becomePasswordCommand)"
          : "sudo wants the user's own password: check where it comes from (askBecomePassword, becomePasswordFile, becomePasswordCommand)",
    });
  }
  return new K8supError({
    ...about,
    code: 'NO_ROOT',
    what: `${host}: the user may not become root with ${login.with}`,
    why: why || 'it said nothing',
    fix: fixFor(login, said),
  });
}

function fixFor(login: RootLogin, said: string): string {
  if (/must have a tty/.test(said)) return 'take requiretty out of sudoers for this user';
  if (/not found|No such file/.test(said)) {
    return `install ${login.with} on the host, or set ssh.become to ${login.with === 'su' ? 'sudo' : 'su'}, or log in as root`;
  }
  if (login.password === undefined) {
    return 'say where the password comes from (ssh.askBecomePassword, ssh.becomePasswordFile or ssh.becomePasswordCommand), allow the user sudo without one (NOPASSWD), or log in as root';
  }
  return "look at the user's line in sudoers on the host (sudo -l), or log in as root";
}
