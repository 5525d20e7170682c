import * as z from 'zod';
import { standard } from '../defaults.ts';
import { parseProxyJump } from '../ssh-settings.ts';
import { derived, localFile, optional, port, sshHostName, text } from './fields.ts';

const reachShape = {
  user: optional(
    text({ code: 'USER_INVALID', pattern: /^[A-Za-z0-9_][\w.@-]*$/, expected: 'a user name' }),
    'root, or a user who may become root',
    standard.ssh.user,
  ),
  port: optional(port, 'Port of sshd', standard.ssh.port),
  privateKey: derived(
    localFile,
    'Private key file, mode 0600; the passphrase of an encrypted one is asked for once',
    'the SSH agent',
  ),
  askPassword: optional(z.boolean(), "Ask for the user's password at the terminal, once for all hosts"),
  passwordFile: optional(localFile, "File with mode 0600 that holds the user's password alone"),
  passwordCommand: optional(z.string().min(1), "Command of the shell on this machine that prints the user's password"),
  knownHosts: optional(z.string().min(1), 'known_hosts file', standard.ssh.knownHosts),
  hostKeyChecking: optional(
    z.enum(['strict', 'accept-new']),
    'strict refuses unknown hosts; accept-new records them at first sight; a changed key is always refused',
    standard.ssh.hostKeyChecking,
  ),
  config: optional(
    z.string().min(1),
    "OpenSSH's configuration, for what the inventory does not say: used where the file and an ssh program are there; none switches it off",
    standard.ssh.config,
  ),
  connectTimeout: optional(
    z.int().min(1).max(600),
    'Seconds until a connection attempt is given up',
    standard.ssh.connectTimeout,
  ),
  keepalive: optional(
    z.int().min(1).max(3600),
    'Seconds between two questions to a silent host; after three without an answer it counts as lost',
    standard.ssh.keepalive,
  ),
};

const rootShape = {
  become: optional(z.enum(['sudo', 'su']), 'How a user who is not root becomes root', standard.ssh.become),
  askBecomePassword: optional(
    z.boolean(),
    "Ask for the password of sudo (su: root's) at the terminal, once for all hosts",
  ),
  becomePasswordFile: optional(localFile, "File with mode 0600 that holds the password of sudo (su: root's) alone"),
  becomePasswordCommand: optional(
    z.string().min(1),
    "Command of the shell on this machine that prints the password of sudo (su: root's)",
  ),
};

const proxyShape = {
  proxyJump: optional(
    z.string().refine((value) => parseProxyJump(value) !== undefined, {
      error: (issue) => `${JSON.stringify(issue.input)} is not a way over jump hosts`,
      params: {
        code: 'PROXY_JUMP_INVALID',
        fix: 'write names of jumpHosts or [user@]host[:port], with commas between, the first hop first',
      },
    }),
    'Hosts on the way, the first one first: names of jumpHosts or [user@]host[:port], with commas between; none switches it off',
  ),
  proxyCommand: optional(
    z.string().min(1),
    "OpenSSH's ProxyCommand with its tokens %h %p %r %n %%; none switches it off",
  ),
};

const hostKey = optional(
  text({
    code: 'HOST_KEY_INVALID',
    pattern: /^(SHA256:[A-Za-z0-9+/]{43}|(ssh-|ecdsa-sha2-)[a-z0-9-]+ [A-Za-z0-9+/]{16,}={0,2})$/,
    expected: 'a host key',
    fix: 'write a fingerprint as  ssh-keygen -lf  prints it (SHA256:…), or a type and a key as in a .pub file of /etc/ssh on the host',
  }),
  'The only host key to accept, as a fingerprint (SHA256:…) or as type and key; known_hosts is not read then',
);

/** `ssh`: for all hosts. */
export const sshSchema = z.strictObject({ ...reachShape, ...rootShape, ...proxyShape });

/** `hosts[].ssh`. */
export const hostSshSchema = z.strictObject({
  hostName: derived(
    sshHostName,
    'Name or address to connect to, or a Host of the SSH configuration',
    "the host's address",
  ),
  hostKey,
  ...reachShape,
  ...rootShape,
  ...proxyShape,
});

const jumpHostSchema = z.strictObject({
  name: text({
    code: 'JUMP_HOST_NAME_INVALID',
    pattern: /^[A-Za-z0-9][\w.-]*$/,
    expected: 'a name of a jump host',
    fix: 'use letters, digits, "-", "_" and "."',
  }).describe('Name of the jump host in proxyJump'),
  hostName: derived(sshHostName, 'Name or address to connect to, or a Host of the SSH configuration', 'its name'),
  hostKey,
  ...reachShape,
});

/** `jumpHosts`: keys that are left out are those of the section ssh, the port apart. */
export const jumpHostsSchema = z.array(jumpHostSchema);
