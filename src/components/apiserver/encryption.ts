import type { ComponentFile } from '../component.ts';
import { yamlText } from '../documents.ts';
import { kubeFiles } from '../paths.ts';

/**
 * Encryption at rest of Secrets with secretbox; `identity` stays last, so that what was written before encryption can be read.
 *
 * @param keys - 32 random bytes in base64 each: the same on all masters. The first one writes, each of them reads what names it.
 */
export function encryptionFile(keys: readonly { readonly name: string; readonly secret: string }[]): ComponentFile {
  if (keys.some(({ secret }) => Buffer.from(secret, 'base64').length !== 32))
    throw new Error('the encryption key must have 32 bytes');
  const content = yamlText({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ secretbox: { keys } }, { identity: {} }],
      },
    ],
  });
  return { path: kubeFiles.encryption, mode: 0o600, content, secret: true };
}
