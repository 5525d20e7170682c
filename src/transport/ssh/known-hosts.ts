import { createHmac } from 'node:crypto';

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly patterns: string;
  readonly keyType: string;
  readonly key: Buffer;
}

/** Reads a known_hosts file; lines that are no entry are passed over, as OpenSSH does (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/);
    if (line.trim() === '' || line.trimStart().startsWith('#')) return [];
    const marker = words[0] === '@revoked' ? 'revoked' : words[0] === '@cert-authority' ? 'cert-authority' : undefined;
    const [patterns, keyType, key] = marker === undefined ? words : words.slice(1);
    if (patterns === undefined || keyType === undefined || key === undefined) return [];
    return [{ line: index + 1, marker, patterns, keyType, key: Buffer.from(key, 'base64') }];
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
  | { readonly verdict: 'revoked'; readonly line: number }
  | { readonly verdict: 'changed'; readonly line: number; readonly recorded: KnownHost };

/**
 * Judges a server's key. A certificate authority's line counts as no entry, since certificates are not checked here; a key of another type than
 * the recorded ones is a change, because the connection asks for the recorded types first.
 */
export function judgeHostKey(entries: readonly KnownHost[], name: string, key: Buffer): HostKeyVerdict {
  const mine = entries.filter((entry) => matches(entry.patterns, name) && entry.marker !== 'cert-authority');
  const revoked = mine.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked !== undefined) return { verdict: 'revoked', line: revoked.line };
  const recorded = mine.filter((entry) => entry.marker === undefined);
  if (recorded.some((entry) => entry.key.equals(key))) return { verdict: 'known' };
  const first = recorded[0];
  return first === undefined ? { verdict: 'unknown' } : { verdict: 'changed', line: first.line, recorded: first };
}

/** Key types recorded for a host, so that the server is asked for one of them and a host with several keys is no alarm. */
export function recordedKeyTypes(entries: readonly KnownHost[], name: string): readonly string[] {
  const mine = entries.filter((entry) => entry.marker === undefined && matches(entry.patterns, name));
  return [...new Set(mine.map((entry) => entry.keyType))];
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name);
  let matched = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHash(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i');
}
