import type { ComponentFile } from '../component.ts';
import { yamlText } from '../documents.ts';
import { kubeFiles } from '../paths.ts';

/**
 * Encryption at rest of Secrets with secretbox; `identity` stays last, so that what was written before encryption can be read.
 *
 * @param keyBase64 - 32 random bytes in base64: the same on all masters and for the cluster's whole life
 */
export function encryptionFile(keyBase64: string): ComponentFile {
  if (Buffer.from(keyBase64, 'base64').length !== 32) throw new Error('the encryption key must have 32 bytes');
  const content = yamlText({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ secretbox: { keys: [{ name: 'key1', secret: keyBase64 }] } }, { identity: {} }],
      },
    ],
  });
  return { path: kubeFiles.encryption, mode: 0o600, content, secret: true };
}
