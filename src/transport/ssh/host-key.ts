import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Host } from '../../inventory/model.ts';
import { judgeHostKey, knownHostName, parseKnownHosts, recordedKeyTypes } from './known-hosts.ts';
import type { KnownHost } from './known-hosts.ts';

/** Checks the key a server shows; a refusal is kept in `refusal`, because ssh2 itself only learns yes or no. */
export interface HostKeyCheck {
  readonly verify: (key: Buffer) => boolean;
  readonly refusal: () => K8supError | undefined;
  /** Host key algorithms to ask for; undefined where nothing is recorded. */
  readonly algorithms: readonly string[] | undefined;
}

/**
 * Makes the check for one host. known_hosts is read once, at the start; a file that cannot be read counts as a refusal, never as an empty one.
 *
 * @throws K8supError `KNOWN_HOSTS_UNREADABLE` when the file is there and cannot be read.
 */
export function hostKeyCheck(host: Host): HostKeyCheck {
  const { knownHosts: file, hostKeyChecking: mode } = host.ssh;
  const name = knownHostName(host.ssh.hostName, host.ssh.port);
  const entries = readEntries(file, host);
  const types = recordedKeyTypes(entries, name);
  let refusal: K8supError | undefined;
  const verify = (key: Buffer): boolean => {
    const judged = judgeHostKey(entries, name, key);
    if (judged.verdict === 'known') return true;
    if (judged.verdict === 'unknown' && mode === 'accept-new') {
      record(file, `${name} ${keyTypeOf(key)} ${key.toString('base64')}\n`);
      return true;
    }
    refusal = refuse(host, file, name, key, judged);
    return false;
  };
  return {
    verify,
    refusal: () => refusal,
    algorithms: types.length === 0 ? undefined : types.flatMap(signatureAlgorithms),
  };
}

/** The SHA256 fingerprint as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function record(file: string, line: string): void {
  // ssh makes its folder so too.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const text = readIfThere(file);
  // An editor may have left the last line without its end.
  const glue = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${glue}${line}`, { mode: 0o600 });
}

function refuse(
  host: Host,
  file: string,
  name: string,
  key: Buffer,
  judged: ReturnType<typeof judgeHostKey>,
): K8supError {
  const shown = `${keyTypeOf(key)} ${fingerprint(key)}`;
  const about = { kind: 'hostKey', host: host.name } as const;
  if (judged.verdict === 'changed') {
    return new K8supError({
      ...about,
      code: 'HOST_KEY_CHANGED',
      what: `${host.name} (${name}): the host key differs from ${file}:${judged.line}`,
      why: `expected ${judged.recorded.keyType} ${fingerprint(judged.recorded.key)}, got ${shown}`,
      fix: `if the host was reinstalled, run  ssh-keygen -f ${file} -R '${name}'  and connect once with ssh to check the new key`,
    });
  }
  if (judged.verdict === 'revoked') {
    return new K8supError({
      ...about,
      code: 'HOST_KEY_REVOKED',
      what: `${host.name} (${name}): its host key is marked @revoked at ${file}:${judged.line}`,
      why: `the host shows ${shown}`,
      fix: 'give the host a new key; do not connect to it with this one',
    });
  }
  return new K8supError({
    ...about,
    code: 'HOST_KEY_UNKNOWN',
    what: `${host.name} (${name}): its host key is not in ${file}`,
    why: `the host shows ${shown}`,
    fix: `connect once with ssh and compare the fingerprint, or set ssh.hostKeyChecking: accept-new in the inventory`,
  });
}

function readEntries(file: string, host: Host): readonly KnownHost[] {
  try {
    return parseKnownHosts(readIfThere(file));
  } catch (error) {
    throw new K8supError({
      code: 'KNOWN_HOSTS_UNREADABLE',
      kind: 'hostKey',
      host: host.name,
      what: `${file} cannot be read, so no host key can be checked`,
      fix: 'make the file readable, or name another one in ssh.knownHosts',
      cause: error,
    });
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** A public key begins with the length and the name of its type (RFC 4253, 6.6). */
function keyTypeOf(key: Buffer): string {
  return key.length < 4 ? 'unknown' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** An ssh-rsa key signs with SHA-2 today (RFC 8332); the key's type and the algorithm's name are the same for all others. */
function signatureAlgorithms(keyType: string): readonly string[] {
  return keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [keyType];
}
