import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

import { checkInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import type { Cluster, Inventory } from '../../../src/inventory/model.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';

export const packageFiles = fileURLToPath(new URL('../../../pki', import.meta.url));
export const now = new Date('2030-01-15T12:00:00Z');
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export function days(count: number, from = now): Date {
  return new Date(from.getTime() + count * 86_400_000);
}

export interface SampleHost {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
}

export const threeHosts: readonly SampleHost[] = [
  { name: 'm1', address: '10.0.0.1', roles: ['etcd', 'master'] },
  { name: 'm2', address: '10.0.0.2', roles: ['master'] },
  { name: 'n1', address: '10.0.0.3', roles: ['node'] },
];

/** A checked inventory; fields of the cluster may be laid over it. */
export function sampleInventory(hosts: readonly SampleHost[] = threeHosts, over: Partial<Cluster> = {}): Inventory {
  const text = JSON.stringify({ cluster: { name: 'prod', controlPlaneEndpoint: 'api.example.org:6443' }, hosts });
  const checked = checkInventory(text, '/somewhere/inventory.yaml', networkPlugins);
  if (!('inventory' in checked)) throw new Error(JSON.stringify(checked.problems));
  return { ...checked.inventory, cluster: { ...checked.inventory.cluster, ...over } };
}

/** A folder that goes away after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'k8sup-pki-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the package's profiles and requests, every key replaced by one of this kind. */
export async function filesWithKeys(key: object): Promise<string> {
  const folder = await temporaryFolder();
  await cp(packageFiles, folder, { recursive: true });
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('-csr.json'))) {
    const request = JSON.parse(await readFile(join(folder, name), 'utf8')) as object;
    await writeFile(join(folder, name), JSON.stringify({ ...request, key }));
  }
  return folder;
}

/** What `openssl verify -x509_strict` says at this time; `OK` at its end is success. */
export async function opensslVerify(certPem: string, caPem: string, at = now): Promise<string> {
  const folder = await temporaryFolder();
  await Promise.all([writeFile(join(folder, 'ca.pem'), caPem), writeFile(join(folder, 'leaf.pem'), certPem)]);
  const seconds = String(Math.floor(at.getTime() / 1000));
  const args = [
    'verify',
    '-x509_strict',
    '-attime',
    seconds,
    '-CAfile',
    join(folder, 'ca.pem'),
    join(folder, 'leaf.pem'),
  ];
  const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return `${stderr}${stdout}`.trim();
}

export function openssl(args: readonly string[], input = ''): string {
  return execFileSync('openssl', [...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
}

/** The error's code, or what came instead of an error of k8sup. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    return error instanceof K8supError && error.kind === 'pki' ? error.code : String(error);
  }
}
