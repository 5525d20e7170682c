import type { RunEvent } from '../engine/events.ts';

/**
 * Takes out what looks like a secret: private keys (as PEM, or base64 of PEM as kubeconfigs hold them), bearer and bootstrap tokens, passwords in
 * URLs. A second line of defence only: events are made without secrets.
 */
export function redact(text: string): string {
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** The event with every text in it redacted; names that come from the inventory stay as they are. */
export function redactEvent(event: RunEvent): RunEvent {
  // The copy has the same shape: only strings are replaced by strings.
  return redactValue(event, '') as RunEvent;
}

function redactValue(value: unknown, key: string): unknown {
  if (typeof value === 'string') return names.has(key) ? value : redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactValue(item, name)]));
}

/** A host may be called `node01.kubernetescluster`, which looks like a token. */
const names = new Set(['type', 'id', 'name', 'host', 'hosts', 'stage', 'step', 'code', 'effect']);

const gone = '[redacted]';

const patterns: readonly (readonly [RegExp, string])[] = [
  // A block that was cut off has no end line: then everything to the end goes.
  [
    /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g,
    `-----BEGIN $1----- ${gone} -----END $1-----`,
  ],
  // Base64 of "-----BEGIN " followed by "PRIV", "RSA ", "EC P", "OPEN" or "ENCR".
  [/LS0tLS1CRUdJTi(?:BQUklW|BSU0Eg|BFQyBQ|BPUEVO|BFTkNS)[A-Za-z0-9+/=]*/g, gone],
  [/\beyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+/g, gone],
  [/\b(Bearer\s+)[A-Za-z0-9._~+/=-]+/gi, `$1${gone}`],
  // The part before the dot is the token's public id.
  [/(?<![A-Za-z0-9])([a-z0-9]{6})\.[a-z0-9]{16}(?![A-Za-z0-9])/g, `$1.${gone}`],
  // Up to the last @ before a slash or blank: a password may hold an @ itself.
  [/:\/\/([^\s/@:]*):[^\s/]+@/g, `://$1:${gone}@`],
];
