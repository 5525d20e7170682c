import { createPublicKey } from 'node:crypto';

import type { Kept } from './kept.ts';
import { generateKey, privateKeyPem, readPrivateKey } from './keys.ts';
import { pkiError } from './pki-error.ts';

/** The two halves of the pair that signs service account tokens. */
export interface ServiceAccountPair {
  readonly publicPem: string;
  readonly keyPem: string;
}

/** How the store keeps it: its files, how it is made, and how it is read back. */
export const keptServiceAccount: Kept<ServiceAccountPair> = {
  name: 'service-account',
  files: ['service-account.pub', 'service-account-key.pem'],
  create: async () => {
    // RS256 is the one signature that every reader of service account tokens knows.
    const keyPem = privateKeyPem(await generateKey({ algo: 'rsa', size: 2048 }));
    return [publicPemOf(keyPem), keyPem];
  },
  read: ([publicPem = '', keyPem = ''], [publicPath = '', keyPath = '']) => {
    readPrivateKey(keyPem, keyPath);
    if (publicPemOf(keyPem) === publicPem) return { publicPem, keyPem };
    throw pkiError('PKI_KEY', `${publicPath} and ${keyPath} do not belong together`, {
      fix: 'put both back from a backup of the same day',
    });
  },
};

/** The public half, as the apiserver reads it. */
export function publicPemOf(keyPem: string): string {
  return createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString();
}
