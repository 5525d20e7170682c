import { createHash } from 'node:crypto';

import type { StoreFile } from './folder.ts';
import { pkiError } from './pki-error.ts';

/** All that the controller keeps of a cluster, in one document. The same store gives the same text, byte by byte. */
export interface Backup {
  /** Release of k8sup that wrote it. */
  readonly k8sup: string;
  readonly cluster: string;
  /** Empty before the first apply. */
  readonly clusterId: string;
  /** Names are from the cluster's state folder, `pki/cluster-id`. */
  readonly files: readonly StoreFile[];
}

const format = 'k8sup-store-backup';
const version = 1;

/** Text of a backup, with the digest that {@link readBackup} checks. Its keys are as in the store: whoever writes it down encrypts it. */
export function writeBackup({ k8sup, cluster, clusterId, files }: Backup): string {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const content = { cluster, clusterId, files: Object.fromEntries(sorted.map(({ name, text }) => [name, text])) };
  return `${JSON.stringify({ format, version, k8sup, digest: digestOf(content), ...content }, undefined, 2)}\n`;
}

/**
 * Reads a backup and checks it wholly.
 *
 * @param name - of the file, for messages.
 * @throws K8supError `PKI_BACKUP` where it is damaged, is something else, or is of a later k8sup.
 */
export function readBackup(text: string, name: string): Backup {
  const refuse = (why: string, fix: string): never => {
    throw pkiError('PKI_BACKUP', `${name} cannot be restored; nothing was changed`, { why, fix });
  };
  const another = 'take another backup';
  const found = parsed(text, (why) => refuse(why, 'name a file that  k8sup pki backup  wrote'));
  if (found['format'] !== format) refuse('it is no backup of a store', 'name a file that  k8sup pki backup  wrote');
  if (found['version'] !== version) {
    refuse(
      `it is of version ${String(found['version'])}, and this k8sup reads ${String(version)}`,
      'use the k8sup that wrote it',
    );
  }
  const { k8sup, cluster, clusterId, files, digest } = found;
  if (!isText(k8sup) || !isText(cluster) || !isText(clusterId) || !isTexts(files))
    return refuse('parts of it are missing', another);
  if (digest !== digestOf({ cluster, clusterId, files })) refuse('its digest is not that of what is in it', another);
  const strange = Object.keys(files).find((one) => !/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(one));
  if (strange !== undefined) refuse(`${JSON.stringify(strange)} is no name of a file in a store`, another);
  if ((files['pki/cluster-id']?.trim() ?? '') !== clusterId) refuse('its store has not the id that it says', another);
  return { k8sup, cluster, clusterId, files: Object.entries(files).map(([file, its]) => ({ name: file, text: its })) };
}

function parsed(text: string, refuse: (why: string) => never): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Record<string, unknown>;
  } catch {
    // What the parser says would quote keys.
    return refuse('it is no JSON');
  }
  return refuse('it is no object');
}

function digestOf(content: {
  readonly cluster: string;
  readonly clusterId: string;
  readonly files: Readonly<Record<string, string>>;
}): string {
  const { cluster, clusterId, files } = content;
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([cluster, clusterId, sorted]))
    .digest('hex')}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isText);
}
