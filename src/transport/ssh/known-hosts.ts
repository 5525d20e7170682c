import { createHmac, randomBytes } from 'node:crypto';

/** One line of a known_hosts file, of one host. */
export interface KnownHost {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly keyType: string;
  readonly key: Buffer;
}

/**
 * Reads what a known_hosts file has of one host; lines that are no entry are passed over, as OpenSSH does (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Of the other hosts
 * nothing is made and kept: a file with a thousand hosts is read for each of them.
 */
export function parseKnownHosts(text: string, file: string, name: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const words = trimmed.split(/\s+/);
    const marker = words[0] === '@revoked' ? 'revoked' : words[0] === '@cert-authority' ? 'cert-authority' : undefined;
    const [patterns, keyType, key] = marker === undefined ? words : words.slice(1);
    if (patterns === undefined || keyType === undefined || key === undefined || !matches(patterns, name)) return [];
    return [{ file, line: index + 1, marker, keyType, key: Buffer.from(key, 'base64') }];
  });
}

/** The name under which OpenSSH records a host: in lower case, with the port in brackets unless it is 22. */
export function knownHostName(hostName: string, port: number): string {
  const name = hostName.toLowerCase();
  return port === 22 ? name : `[${name}]:${String(port)}`;
}

/** What known_hosts says of a key that a server shows. */
export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'revoked' | 'changed' | 'authority'; readonly recorded: KnownHost };

/**
 * Judges a server's key. Where only a certificate authority is recorded nothing can be said, since certificates are not checked here; a key of another type
 * than the recorded ones is a change, because the connection asks for the recorded types first.
 */
export function judgeHostKey(mine: readonly KnownHost[], key: Buffer): HostKeyVerdict {
  const revoked = mine.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked !== undefined) return { verdict: 'revoked', recorded: revoked };
  const plain = mine.filter((entry) => entry.marker === undefined);
  if (plain.some((entry) => entry.key.equals(key))) return { verdict: 'known' };
  if (plain[0] !== undefined) return { verdict: 'changed', recorded: plain[0] };
  const authority = mine.find((entry) => entry.marker === 'cert-authority');
  return authority === undefined ? { verdict: 'unknown' } : { verdict: 'authority', recorded: authority };
}

/** Key types recorded for a host, so that the server is asked for one of them and a host with several keys is no alarm. */
export function recordedKeyTypes(mine: readonly KnownHost[]): readonly string[] {
  return [...new Set(mine.filter(({ marker }) => marker === undefined).map(({ keyType }) => keyType))];
}

/** A name as `HashKnownHosts yes` records it. */
export function hashedName(name: string, salt: Buffer = randomBytes(20)): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name);
  let matched = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    if (!fits(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHash(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (salt === undefined || hash === undefined) return false;
  return hashedName(name, Buffer.from(salt, 'base64')) === `|1|${salt}|${hash}`;
}

function fits(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === name.toLowerCase();
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}
