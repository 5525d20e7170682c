import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { K8supError } from '../../errors/k8sup-error.ts';
import { hashedName, judgeHostKey, knownHostName, parseKnownHosts, recordedKeyTypes } from './known-hosts.ts';
import type { HostKeyVerdict, KnownHost } from './known-hosts.ts';
import { targetTitle } from './target.ts';
import type { Target } from './target.ts';

/** Checks the key a server shows; a refusal is kept in `refusal`, because ssh2 itself only learns yes or no. */
export interface HostKeyCheck {
  readonly verify: (key: Buffer) => boolean;
  readonly refusal: () => K8supError | undefined;
  /** Host key algorithms to ask for; undefined where nothing is recorded. */
  readonly algorithms: readonly string[] | undefined;
}

/**
 * Makes the check for one target. known_hosts is read once, at the start; a file that cannot be read counts as a refusal, never as an empty one.
 *
 * @throws K8supError `KNOWN_HOSTS_UNREADABLE` when the file is there and cannot be read.
 */
export function hostKeyCheck(target: Target): HostKeyCheck {
  return target.ssh.hostKey === undefined ? recorded(target) : pinned(target, target.ssh.hostKey);
}

/** The SHA256 fingerprint as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function pinned(target: Target, pin: string): HostKeyCheck {
  const [type, key] = pin.split(' ');
  const whole = key === undefined ? undefined : Buffer.from(key, 'base64');
  let refusal: K8supError | undefined;
  const verify = (shown: Buffer): boolean => {
    if (whole === undefined ? fingerprint(shown) === pin : shown.equals(whole)) return true;
    refusal = new K8supError({
      kind: 'hostKey',
      host: target.name,
      code: 'HOST_KEY_CHANGED',
      what: `${targetTitle(target)}: the host key is not the one of the inventory`,
      why: `expected ${whole === undefined ? pin : `${keyTypeOf(whole)} ${fingerprint(whole)}`}, got ${keyTypeOf(shown)} ${fingerprint(shown)}`,
      fix: 'if the host was reinstalled, compare the new key at its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and write it to hostKey',
    });
    return false;
  };
  const algorithms = whole === undefined || type === undefined ? undefined : signatureAlgorithms(type);
  return { verify, refusal: () => refusal, algorithms };
}

function recorded(target: Target): HostKeyCheck {
  const { knownHosts: file, moreKnownHosts = [], hostKeyAlias, hashKnownHosts, hostKeyChecking: mode } = target.ssh;
  const name = hostKeyAlias?.toLowerCase() ?? knownHostName(target.ssh.hostName, target.ssh.port);
  const entries = [file, ...moreKnownHosts].flatMap((path) => readEntries(path, name, target));
  const types = recordedKeyTypes(entries);
  let refusal: K8supError | undefined;
  const verify = (key: Buffer): boolean => {
    const judged = judgeHostKey(entries, key);
    if (judged.verdict === 'known') return true;
    if (judged.verdict === 'unknown' && mode === 'accept-new') {
      const written = hashKnownHosts === true ? hashedName(name) : name;
      record(file, `${written} ${keyTypeOf(key)} ${key.toString('base64')}\n`);
      return true;
    }
    refusal = refuse(target, name, key, judged);
    return false;
  };
  return {
    verify,
    refusal: () => refusal,
    algorithms: types.length === 0 ? undefined : types.flatMap(signatureAlgorithms),
  };
}

function record(file: string, line: string): void {
  // ssh makes its folder so too.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const text = readIfThere(file);
  // An editor may have left the last line without its end.
  const glue = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${glue}${line}`, { mode: 0o600 });
}

function refuse(target: Target, name: string, key: Buffer, judged: HostKeyVerdict): K8supError {
  const shown = `${keyTypeOf(key)} ${fingerprint(key)}`;
  const about = { kind: 'hostKey', host: target.name } as const;
  const where =
    target.jump === undefined ? `${target.name} (${name})` : `${target.name}: jump host ${target.jump} (${name})`;
  if (judged.verdict === 'unknown' || judged.verdict === 'known') {
    return new K8supError({
      ...about,
      code: 'HOST_KEY_UNKNOWN',
      what: `${where}: its host key is not in ${target.ssh.knownHosts}`,
      why: `the host shows ${shown}`,
      fix: `connect once with ssh and compare the fingerprint, write it to ssh.hostKey of the host, or set ssh.hostKeyChecking: accept-new in the inventory`,
    });
  }
  const { file, line, keyType, key: other } = judged.recorded;
  const place = `${file}:${String(line)}`;
  if (judged.verdict === 'changed') {
    return new K8supError({
      ...about,
      code: 'HOST_KEY_CHANGED',
      what: `${where}: the host key differs from ${place}`,
      why: `expected ${keyType} ${fingerprint(other)}, got ${shown}`,
      fix: `if the host was reinstalled, run  ssh-keygen -f ${file} -R '${name}'  and connect once with ssh to check the new key`,
    });
  }
  if (judged.verdict === 'authority') {
    return new K8supError({
      ...about,
      code: 'HOST_CERTIFICATE_UNSUPPORTED',
      what: `${where}: ${place} has a certificate authority for it (@cert-authority), and k8sup does not check host certificates`,
      why: `the host shows ${shown}`,
      fix: `record the host's own key in ${file}, or write its fingerprint to ssh.hostKey of the host`,
    });
  }
  return new K8supError({
    ...about,
    code: 'HOST_KEY_REVOKED',
    what: `${where}: its host key is marked @revoked at ${place}`,
    why: `the host shows ${shown}`,
    fix: 'give the host a new key; do not connect to it with this one',
  });
}

function readEntries(file: string, name: string, target: Target): readonly KnownHost[] {
  try {
    return parseKnownHosts(readIfThere(file), file, name);
  } catch (error) {
    throw new K8supError({
      code: 'KNOWN_HOSTS_UNREADABLE',
      kind: 'hostKey',
      host: target.name,
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
