import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Layout, openClusterPki, openStore } from '../../../src/pki/index.ts';
import type { Made } from './elsewhere.ts';
import { now, sampleInventory, temporaryFolder } from './fixture.ts';

export const inventory = sampleInventory();
export const rsa = { algo: 'rsa', size: 2048 } as const;
export const server = ['signing', 'key encipherment', 'server auth'] as const;
export const client = ['signing', 'key encipherment', 'client auth'] as const;
export const both = ['signing', 'key encipherment', 'server auth', 'client auth'] as const;
/** Every name that any apiserver of the sample may be asked for. */
export const apiserverNames = (await openClusterPki('/nowhere/pki', inventory, { now, dryRun: true })).leaves
  .filter(({ name }) => name === 'kube-apiserver')
  .flatMap(({ wanted }) => Object.values(wanted.content.names).flat() as string[]);

export const open = async () => openStore(join(await temporaryFolder(), 'pki'));

export interface Files {
  readonly dir: string;
  put(name: string, made: Made): Promise<void>;
  write(name: string, text: string, mode?: number): Promise<void>;
}

export async function filesFor(layout: Layout): Promise<Files> {
  const dir = await temporaryFolder();
  const write = async (name: string, text: string, mode = 0o600): Promise<void> => {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text, { mode });
  };
  const [cert, key] = layout === 'kubeadm' ? ['.crt', '.key'] : ['.pem', '-key.pem'];
  return {
    dir,
    write,
    put: async (name, { certPem, keyPem }) => {
      await write(`${name}${cert}`, certPem, 0o644);
      await write(`${name}${key}`, keyPem);
    },
  };
}
