import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../errors/k8sup-error.ts';
import type { AuthorityName } from './authority.ts';
import type { JsonSource } from './cfssl/source.ts';
import { openKey } from './import-authority.ts';
import type { LeafKind } from './leaves.ts';
import { pkiError } from './pki-error.ts';

/** Whose files are taken over: kubeadm's `NAME.crt` and `NAME.key`, or cfssl's `NAME.pem` and `NAME-key.pem`. */
export const layouts = ['kubeadm', 'cfssl'] as const;
export type Layout = (typeof layouts)[number];

/** A certificate of a folder with its key. */
export interface FoundPair {
  /** Path below the folder without its ending: `etcd/server`. */
  readonly name: string;
  readonly cert: JsonSource;
  readonly key: JsonSource | undefined;
}

/** What a folder holds of the layout. */
export interface FoundFiles {
  readonly pairs: readonly FoundPair[];
  /** The key that signs tokens of service accounts. */
  readonly serviceAccount: JsonSource | undefined;
  readonly problems: readonly string[];
}

/** Under which names authorities lie there, the likeliest first. */
export const authorityFiles: Readonly<Record<Layout, Readonly<Record<AuthorityName, readonly string[]>>>> = {
  // https://kubernetes.io/docs/setup/best-practices/certificates/
  kubeadm: { 'kubernetes-ca': ['ca'], 'etcd-ca': ['etcd/ca'], 'front-proxy-ca': ['front-proxy-ca'] },
  cfssl: {
    'kubernetes-ca': ['kubernetes-ca', 'ca'],
    'etcd-ca': ['etcd-ca', 'etcd/ca'],
    'front-proxy-ca': ['front-proxy-ca'],
  },
};

const endings: Readonly<Record<Layout, { readonly cert: string; readonly key: string }>> = {
  kubeadm: { cert: '.crt', key: '.key' },
  cfssl: { cert: '.pem', key: '-key.pem' },
};

const accountKeys: Readonly<Record<Layout, readonly string[]>> = {
  kubeadm: ['sa.key'],
  cfssl: ['service-account-key.pem', 'sa-key.pem', 'sa.key'],
};

/**
 * Reads what a folder and those below it hold of a layout. A key that others may read is a problem, as it is in the store.
 *
 * @throws K8supError `PKI_FOLDER` where it cannot be read.
 */
export async function readLayout(dir: string, layout: Layout): Promise<FoundFiles> {
  const problems: string[] = [];
  const files = new Map<string, string>();
  for (const name of await namesIn(dir)) {
    const path = join(dir, name);
    const text = await readFile(path, 'utf8');
    if (!text.includes('-----BEGIN ')) continue;
    files.set(name, text);
    const { mode } = await stat(path);
    const isKey = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/i.test(text);
    if (isKey) problems.push(...openKey(path, mode));
  }
  const source = (name: string): JsonSource | undefined => {
    const text = files.get(name);
    return text === undefined ? undefined : { name: join(dir, name), text };
  };
  const { cert, key } = endings[layout];
  const pairs = [...files].flatMap(([file, text]): readonly FoundPair[] => {
    if (!file.endsWith(cert) || file.endsWith(key) || !text.includes('-----BEGIN CERTIFICATE-----')) return [];
    const name = file.slice(0, -cert.length);
    return [{ name, cert: { name: join(dir, file), text }, key: source(`${name}${key}`) }];
  });
  const account = accountKeys[layout].find((name) => files.has(name));
  return { pairs, serviceAccount: account === undefined ? undefined : source(account), problems };
}

/** Whether a file is meant for leaves of this kind, by its name: as kubeadm, cfssl's tutorials and k8sup call them. */
export function isNamedFor(name: string, kind: LeafKind, host: string | undefined): boolean {
  const plain = name
    .replaceAll('/', '-')
    .replace(/^kube-/, '')
    .replace(host === undefined ? '' : `-${host}`, '');
  const wanted = kind.name.replace(/^kube-/, '');
  const others: Readonly<Record<string, readonly string[]>> = {
    apiserver: ['kubernetes'],
    'etcd-server': ['etcd', 'server'],
    'etcd-peer': ['etcd', 'peer', 'member'],
  };
  return plain === wanted || others[wanted]?.includes(plain) === true;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, '/').length))
      .sort();
  } catch (error) {
    throw pkiError('PKI_FOLDER', `${dir} cannot be read`, {
      why: messageOf(error),
      fix: 'name a folder',
      cause: error,
    });
  }
}
