import { describe, expect, it } from 'vitest';
import { labHosts } from '../../../src/lab/model.ts';
import { knownHosts, sshCommand } from '../../../src/lab/ssh.ts';

const [host] = labHosts('demo', 1);
if (host === undefined) throw new Error('no host');

it('knownHosts has each key under the name and the address', () => {
  expect(knownHosts([{ host, keys: ['ssh-ed25519 AAA', 'ecdsa-sha2-nistp256 BBB'] }])).toBe(
    'h1,10.88.0.11 ssh-ed25519 AAA\nh1,10.88.0.11 ecdsa-sha2-nistp256 BBB\n',
  );
});

describe('sshCommand', () => {
  const lab = { name: 'demo', dir: '/my dir' };

  it('goes through the namespace, with the key and the known hosts of the lab alone', () => {
    const words = sshCommand(lab, host, ['true']);
    expect(words.slice(0, 3)).toEqual(['nsenter', '--net=/run/netns/k8sup-demo', 'ssh']);
    expect(words).toContain('/my dir/id_ed25519');
    expect(words).toContain('StrictHostKeyChecking=yes');
    expect(words).toContain('UserKnownHostsFile="/my dir/known_hosts"');
  });

  it('keeps the words of a command as they are', () => {
    expect(sshCommand(lab, host, ['echo', 'a  b', '$HOME']).slice(-3)).toEqual([
      'root@10.88.0.11',
      '--',
      `echo 'a  b' '$HOME'`,
    ]);
  });

  it('opens a shell without a command', () => {
    expect(sshCommand(lab, host, []).at(-1)).toBe('root@10.88.0.11');
  });
});
