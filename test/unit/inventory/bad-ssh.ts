import { two } from './bad-inventories.ts';
import type { Case } from './bad-inventories.ts';

export const badSsh: readonly Case[] = [
  ...ssh('a password in the inventory', 'password: x', ['SECRET_IN_INVENTORY 4:43 hosts[0].ssh.password']),
  ...ssh('a password of sudo in the inventory', 'becomePassword: x', [
    'SECRET_IN_INVENTORY 4:43 hosts[0].ssh.becomePassword',
  ]),
  ...ssh('two sources of a password', 'askPassword: true, passwordFile: f', [
    'TWO_PASSWORD_SOURCES 4:76 hosts[0].ssh.passwordFile',
  ]),
  ...ssh("two sources of sudo's password", 'becomePasswordCommand: c, becomePasswordFile: f', [
    'TWO_PASSWORD_SOURCES 4:66 hosts[0].ssh.becomePasswordCommand',
  ]),
  ...ssh('no way over jump hosts', 'proxyJump: "a,,b"', ['PROXY_JUMP_INVALID 4:54 hosts[0].ssh.proxyJump']),
  ...ssh('a jump host with a bad port', 'proxyJump: "a:70000"', ['PROXY_JUMP_INVALID 4:54 hosts[0].ssh.proxyJump']),
  ...ssh('two ways', 'proxyJump: a, proxyCommand: nc %h', ['TWO_PROXIES 4:71 hosts[0].ssh.proxyCommand']),
  ...ssh('a host key that is none', 'hostKey: SHA256:abc', ['HOST_KEY_INVALID 4:52 hosts[0].ssh.hostKey']),
  ...ssh('how to become root', 'become: doas', ['VALUE_INVALID 4:51 hosts[0].ssh.become']),
  [
    'a local host with SSH',
    '',
    '- { name: a, address: 192.0.2.1, connection: local, ssh: { port: 23, become: su } }',
    ['LOCAL_WITH_SSH 4:68 hosts[0].ssh.port'],
  ],
  ['two local hosts', '', two.replaceAll(' }', ', connection: local }'), ['DUPLICATE_LOCAL 5:48 hosts[1].connection']],
];

/** A host with these settings of SSH. */
function ssh(what: string, settings: string, found: readonly string[]): readonly Case[] {
  return [[what, '', `- { name: a, address: 192.0.2.1, ssh: { ${settings} } }`, found]];
}
