import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  judgeHostKey,
  knownHostName,
  parseKnownHosts,
  recordedKeyTypes,
} from '../../../../src/transport/ssh/known-hosts.ts';

const keyA = Buffer.from('key A of the host');
const keyB = Buffer.from('another key');
const a64 = keyA.toString('base64');
const b64 = keyB.toString('base64');

describe('the verdict on a key', () => {
  it.each([
    ['the host itself', `h1 ssh-ed25519 ${a64}`, 'h1', 'known'],
    ['one name of several', `h0,h1,192.0.2.1 ssh-ed25519 ${a64} a comment`, '192.0.2.1', 'known'],
    ['another host', `h2 ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['a name that only begins alike', `h1 ssh-ed25519 ${a64}`, 'h11', 'unknown'],
    ['a dot that is no pattern', `192.0.2.1 ssh-ed25519 ${a64}`, '192a0b2c1', 'unknown'],
    ['another key', `h1 ssh-ed25519 ${b64}`, 'h1', 'changed'],
    ['another key of another type', `h1 ssh-rsa ${b64}`, 'h1', 'changed'],
    ['one of several keys', `h1 ssh-rsa ${b64}\nh1 ssh-ed25519 ${a64}`, 'h1', 'known'],
    ['a port', `[h1]:2222 ssh-ed25519 ${a64}`, '[h1]:2222', 'known'],
    ['another port', `[h1]:2222 ssh-ed25519 ${a64}`, '[h1]:22222', 'unknown'],
    ['an entry without the port', `h1 ssh-ed25519 ${a64}`, '[h1]:2222', 'unknown'],
    ['an IPv6 address with a port', `[2001:db8::1]:2222 ssh-ed25519 ${a64}`, '[2001:db8::1]:2222', 'known'],
    ['a pattern', `*.example.com ssh-ed25519 ${a64}`, 'h1.example.com', 'known'],
    ['a pattern for one character', `node? ssh-ed25519 ${a64}`, 'node1', 'known'],
    ['a pattern that is one character short', `node? ssh-ed25519 ${a64}`, 'node12', 'unknown'],
    [
      'a pattern with a negation after it',
      `*.example.com,!h1.example.com ssh-ed25519 ${a64}`,
      'h1.example.com',
      'unknown',
    ],
    [
      'a pattern with a negation before it',
      `!h1.example.com,*.example.com ssh-ed25519 ${a64}`,
      'h1.example.com',
      'unknown',
    ],
    ['a negation of somebody else', `*.example.com,!h2.example.com ssh-ed25519 ${a64}`, 'h1.example.com', 'known'],
    ['a negation alone', `!h2 ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['upper case in the file', `H1.Example.com ssh-ed25519 ${a64}`, 'h1.example.com', 'known'],
    ['a hashed name', `${hashed('h1')} ssh-ed25519 ${a64}`, 'h1', 'known'],
    ['a hashed name with a port', `${hashed('[h1]:2222')} ssh-ed25519 ${a64}`, '[h1]:2222', 'known'],
    ['the hash of another name', `${hashed('h2')} ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['a broken hash', `|1|abc ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['a revoked key', `@revoked h1 ssh-ed25519 ${a64}`, 'h1', 'revoked'],
    ['a key revoked for all hosts', `h1 ssh-ed25519 ${a64}\n@revoked * ssh-ed25519 ${a64}`, 'h1', 'revoked'],
    ['another key revoked', `@revoked h1 ssh-ed25519 ${b64}\nh1 ssh-ed25519 ${a64}`, 'h1', 'known'],
    ['only another key revoked', `@revoked h1 ssh-ed25519 ${b64}`, 'h1', 'unknown'],
    ['a certificate authority alone', `@cert-authority h1 ssh-ed25519 ${a64}`, 'h1', 'authority'],
    [
      'a certificate authority beside the key',
      `@cert-authority * ssh-rsa ${b64}\nh1 ssh-ed25519 ${a64}`,
      'h1',
      'known',
    ],
    ['a certificate authority of another host', `@cert-authority h2 ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['a comment', `# h1 ssh-ed25519 ${a64}`, 'h1', 'unknown'],
    ['a cut-off line', 'h1 ssh-ed25519', 'h1', 'unknown'],
    ['Windows line ends and spaces', `  h1   ssh-ed25519\t${a64}  \r\n\r\n`, 'h1', 'known'],
    ['nothing', '', 'h1', 'unknown'],
  ])('%s', (_title, text, name, verdict) => {
    expect(judgeHostKey(parseKnownHosts(text, 'file', name), keyA).verdict).toBe(verdict);
  });

  it('names the line and the key that was recorded', () => {
    const judged = judgeHostKey(parseKnownHosts(`# first\n\nh1 ssh-rsa ${b64}`, 'file', 'h1'), keyA);
    expect(judged).toMatchObject({
      verdict: 'changed',
      recorded: { file: 'file', line: 3, keyType: 'ssh-rsa', key: keyB },
    });
  });

  it('names the line of a revocation', () => {
    expect(judgeHostKey(parseKnownHosts(`\n@revoked * x ${a64}`, 'file', 'h1'), keyA)).toMatchObject({
      verdict: 'revoked',
      recorded: { line: 2 },
    });
  });
});

it('makes nothing of the lines of other hosts', () => {
  const text = `h2 ssh-ed25519 ${b64}\nh1 ssh-ed25519 ${a64}\n*.example.com ssh-ed25519 ${b64}`;
  expect(parseKnownHosts(text, 'file', 'h1').map(({ line }) => line)).toEqual([2]);
});

describe('the types to ask a host for', () => {
  it('are those recorded for it, once each', () => {
    const text = `h1 ssh-rsa ${a64}\nh1,h2 ssh-ed25519 ${a64}\nh1 ssh-ed25519 ${b64}\nh2 ecdsa-sha2-nistp256 ${a64}`;
    expect(recordedKeyTypes(parseKnownHosts(text, 'file', 'h1'))).toEqual(['ssh-rsa', 'ssh-ed25519']);
  });

  it('are not those of authorities and revoked keys', () => {
    const text = `@cert-authority h1 ssh-rsa ${a64}\n@revoked h1 ssh-ed25519 ${a64}`;
    expect(recordedKeyTypes(parseKnownHosts(text, 'file', 'h1'))).toEqual([]);
  });
});

it('records a host as OpenSSH does: in lower case, with the port in brackets unless it is 22', () => {
  expect(knownHostName('h1', 22)).toBe('h1');
  expect(knownHostName('192.0.2.1', 2222)).toBe('[192.0.2.1]:2222');
  expect(knownHostName('Node1.Example.com', 22)).toBe('node1.example.com');
});

function hashed(name: string): string {
  const salt = Buffer.from('twenty bytes of salt');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
