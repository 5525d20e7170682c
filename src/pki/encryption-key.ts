import { randomBytes } from 'node:crypto';

import type { Kept } from './kept.ts';
import { pkiError } from './pki-error.ts';

/** A key of encryption at rest. What was written with it names it, so that a key keeps its name for ever. */
export interface EncryptionKey {
  readonly name: string;
  /** Base64 of 32 bytes: a secret. */
  readonly secret: string;
}

/** The file holds the name and the key; the one of a cluster that was never given another holds the key alone. */
export const keptEncryptionKey: Kept<EncryptionKey> = {
  name: 'encryption-key',
  files: ['encryption.key'],
  create: () => Promise.resolve([`key-${randomBytes(4).toString('hex')} ${randomBytes(32).toString('base64')}`]),
  read: ([text = ''], [path = '']) => {
    const [secret = '', name = 'key1'] = text.trim().split(' ').reverse();
    if (Buffer.from(secret, 'base64').length === 32) return { name, secret };
    throw pkiError('PKI_KEY', `${path} holds no key of 32 bytes in base64`, {
      why: 'with another key the cluster cannot read its own Secrets',
      fix: 'put the file back from a backup',
    });
  },
};
