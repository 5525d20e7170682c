import { createHash } from 'node:crypto';

import type { Certificate } from './certificate.ts';
import { pkiError } from './pki-error.ts';
import type { Store } from './store.ts';

/** Fingerprints of the certificates that were not made here, but brought: SHA-256 of their DER. */
export type Brought = ReadonlySet<string>;

const file = 'brought.json';

/** @throws K8supError `PKI_STORE` where the store's file of them is damaged. */
export async function readBrought(store: Store): Promise<Brought> {
  const text = await store.read(file);
  if (text === undefined) return new Set();
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return new Set(list.map(String));
  } catch {
    // Told below.
  }
  throw pkiError('PKI_STORE', `${store.path(file)} does not say which certificates were brought`, {
    fix: 'put it back from a backup; without it they are judged as those made here, and made anew where they differ',
  });
}

/** Remembers that these were brought. Before they are written: one that is only known does no harm. */
export async function addBrought(store: Store, certificates: readonly Certificate[]): Promise<void> {
  const all = new Set([...(await readBrought(store)), ...certificates.map(fingerprintOf)]);
  await store.write([{ name: file, text: `${JSON.stringify([...all], undefined, 2)}\n` }]);
}

/** Whether it was not made here. */
export function isBrought(brought: Brought, certificate: Certificate): boolean {
  return brought.size > 0 && brought.has(fingerprintOf(certificate));
}

function fingerprintOf({ der }: Certificate): string {
  return createHash('sha256').update(der).digest('hex');
}
