import type { Host } from '../../src/inventory/model.ts';
import type { SshSettings } from '../../src/inventory/ssh-settings.ts';
import { componentNames } from '../../src/inventory/model.ts';
import type { TestSshd } from './sshd.ts';

/** The same settings without a key: only what is said besides lets in. */
export function withoutKey(ssh: SshSettings): SshSettings {
  const rest = Object.entries(ssh).filter(([name]) => name !== 'privateKey');
  return Object.fromEntries(rest) as unknown as SshSettings;
}

/** A host that is reached through a test's sshd. */
export function testHost(sshd: TestSshd, ssh: Partial<SshSettings> = {}): Host {
  const noExtras = { extraArgs: {}, extraConfig: {} };
  return {
    name: 'h1',
    address: '127.0.0.1',
    addresses: ['127.0.0.1'],
    roles: new Set(['node']),
    labels: {},
    taints: [],
    variables: {},
    extras: Object.fromEntries(componentNames.map((name) => [name, noExtras])) as Host['extras'],
    connection: 'ssh',
    ssh: {
      hostName: '127.0.0.1',
      port: sshd.port,
      user: 'root',
      privateKey: sshd.privateKey,
      knownHosts: sshd.knownHosts,
      hostKeyChecking: 'strict',
      become: 'sudo',
      connectTimeoutSeconds: 10,
      keepaliveSeconds: 10,
      written: new Set(),
      ...ssh,
    },
  };
}
