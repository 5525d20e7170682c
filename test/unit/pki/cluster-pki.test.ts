import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { openClusterPki } from '../../../src/pki/index.ts';
import { now, sampleInventory, temporaryFolder } from './fixture.ts';

interface Config {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
}

test.each([
  [{ host: 'api.example.org', port: 6443 }, 'https://api.example.org:6443'],
  [{ host: 'fd00::10', port: 8443 }, 'https://[fd00::10]:8443'],
])("the administrator's kubeconfig dials %j", async (controlPlaneEndpoint, url) => {
  const dir = join(await temporaryFolder(), 'pki');
  const pki = await openClusterPki(dir, sampleInventory(undefined, { controlPlaneEndpoint }), { now });
  const config = parse(pki.adminKubeconfig()) as Config;
  const decoded = (text = '') => Buffer.from(text, 'base64').toString();
  expect(config.clusters[0]?.cluster['server']).toBe(url);
  expect(decoded(config.clusters[0]?.cluster['certificate-authority-data'])).toBe(
    pki.authorities.ca['kubernetes-ca'].certPem,
  );
  expect(config.users[0]?.name).toBe('kubernetes-admin');
  const admin = pki.leaves.find(({ name }) => name === 'admin');
  expect(decoded(config.users[0]?.user['client-certificate-data'])).toBe(admin?.certPem);
  expect(decoded(config.users[0]?.user['client-key-data'])).toBe(admin?.keyPem);
});
