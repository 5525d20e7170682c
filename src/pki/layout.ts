import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../errors/k8sup-error.ts';
import type { AuthorityName } from './authority.ts';
import type { JsonSource } from './cfssl/source.ts';
import { openKey } from './judge-authority.ts';
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
 * Reads what a folder and those below it hold of a layout; of kubeadm the folder with `pki` and kubeconfigs does as well as `pki` itself. A key that
 * others may read is a problem, as it is in the store.
 *
 * @throws K8supError `PKI_FOLDER` where it cannot be read.
 */
export async function readLayout(dir: string, layout: Layout): Promise<FoundFiles> {
  const problems: string[] = [];
  const files = new Map<string, JsonSource>();
  const below = await namesIn(dir);
  const whole = layout === 'kubeadm' && below.includes('pki/ca.crt');
  for (const name of below) {
    const path = join(dir, name);
    const text = await readFile(path, 'utf8');
    if (!text.includes('-----BEGIN ') && !(whole && isKubeconfig(name))) continue;
    files.set(whole ? name.replace(/^pki\//, '') : name, { name: path, text });
    const { mode } = await stat(path);
    if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|client-key-data:/i.test(text)) problems.push(...openKey(path, mode));
  }
  const account = accountKeys[layout].find((name) => files.has(name));
  const serviceAccount = account === undefined ? undefined : files.get(account);
  return { pairs: pairsOf(files, layout), serviceAccount, problems };
}

function pairsOf(files: ReadonlyMap<string, JsonSource>, layout: Layout): readonly FoundPair[] {
  const { cert, key } = endings[layout];
  return [...files].flatMap(([file, source]): readonly FoundPair[] => {
    if (isKubeconfig(file)) return pairIn(file, source);
    if (!file.endsWith(cert) || file.endsWith(key) || !source.text.includes('-----BEGIN CERTIFICATE-----')) return [];
    const name = file.slice(0, -cert.length);
    return [{ name, cert: source, key: files.get(`${name}${key}`) }];
  });
}

function isKubeconfig(file: string): boolean {
  return file.endsWith('.conf');
}

/** What a kubeconfig holds itself; that of a kubelet names a file, whose certificate the kubelet renews. */
function pairIn(file: string, source: JsonSource): readonly FoundPair[] {
  const text = (field: string): string => {
    const [, value = ''] = new RegExp(`^ *${field}: *([A-Za-z0-9+/=]+) *$`, 'm').exec(source.text) ?? [];
    return Buffer.from(value, 'base64').toString('utf8');
  };
  const [cert, key] = [text('client-certificate-data'), text('client-key-data')];
  if (cert === '' || key === '') return [];
  const { name } = source;
  return [{ name: file.slice(0, -'.conf'.length), cert: { name, text: cert }, key: { name, text: key } }];
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
