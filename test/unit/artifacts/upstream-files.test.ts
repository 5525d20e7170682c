import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ArtifactId } from '../../../src/artifacts/artifact.ts';
import { catalogEntry, pinnedVersions } from '../../../src/artifacts/catalog/catalog.ts';
import { listArtifacts } from '../../../src/artifacts/list.ts';
import { openArtifacts } from '../../../src/artifacts/open-artifacts.ts';
import { openReachability } from '../../../src/artifacts/reachability.ts';
import { mirrorSource } from '../../../src/artifacts/sources/mirror.ts';
import { upstreamSource } from '../../../src/artifacts/sources/upstream.ts';
import type { ArtifactSettings } from '../../../src/inventory/model.ts';
import { directNetwork, serve, testServer } from './server.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';

const auto: ArtifactSettings = { source: 'auto', mirrors: [] };
/** A version that the catalogue has no sums of. */
const unknown: ArtifactId = { component: 'calico', version: '9.9.9', architecture: 'noarch', file: 'calico.yaml' };
const given: ArtifactId = { ...unknown, sha256: sha256('C') };
const typha: ArtifactId = { ...unknown, file: 'calico-typha.yaml', sha256: sha256('T') };
const base = '/projectcalico/calico/v9.9.9/manifests';
const chart: ArtifactId = { component: 'cilium', version: '1.20.2', architecture: 'noarch', file: 'cilium.tgz' };

function from(url: string, cacheDir: string) {
  const network = directNetwork();
  const urlOf = (official: string) => `${url}${new URL(official).pathname}`;
  const reachability = openReachability(network);
  const source = upstreamSource({ network, reachability, progress: () => undefined, urlOf });
  return openArtifacts(auto, { progress: () => undefined, cacheDir, sources: [source] });
}

test('a manifest whose sum the user says is brought alone, and stays when the next one comes', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ [`${base}/calico.yaml`]: 'C', [`${base}/calico-typha.yaml`]: 'T' }));
  const artifacts = from(server.url, folder.path);
  const first = await artifacts.get(given, never);
  expect(first).toMatchObject({
    path: join(folder.path, 'calico/9.9.9/noarch/calico.yaml'),
    sha256: sha256('C'),
    source: 'upstream',
  });
  expect((await stat(first.path)).mode & 0o777).toBe(0o644);
  expect(server.requests.filter((request) => request.startsWith('GET'))).toEqual([`GET ${base}/calico.yaml`]);
  await artifacts.get(typha, never);
  const later = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [] });
  expect(await later.get(given, never)).toMatchObject({ source: 'cache (upstream)' });
  expect(await later.get(typha, never)).toMatchObject({ sha256: sha256('T') });
});

test('a manifest that stays is not vouched for again: damage shows', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ [`${base}/calico.yaml`]: 'C', [`${base}/calico-typha.yaml`]: 'T' }));
  const { path } = await from(server.url, folder.path).get(given, never);
  await writeFile(path, 'damaged');
  await from(server.url, folder.path).get(typha, never);
  await expect(from(server.url, folder.path).get(given, never)).rejects.toMatchObject({ code: 'ARTIFACT_CHECKSUM' });
});

test('a manifest that nobody has said the sum of is not used', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ [`${base}/calico.yaml`]: 'C' }));
  const error = await from(server.url, folder.path)
    .get(unknown, never)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'ARTIFACT_UNAVAILABLE',
    message: 'no source has calico.yaml of calico 9.9.9',
    why: expect.stringContaining('say its sha256 in the inventory') as string,
    fix: expect.stringContaining('calico/9.9.9/noarch/') as string,
  });
});

test('other bytes than are pinned are never passed over', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(
    serve({ '/projectcalico/calico/v3.32.1/manifests/calico.yaml': 'C', [`${base}/calico.yaml`]: 'other' }),
  );
  const artifacts = from(server.url, folder.path);
  await expect(artifacts.get({ ...unknown, version: '3.32.1' }, never)).rejects.toMatchObject({
    code: 'ARTIFACT_CHECKSUM',
  });
  await expect(artifacts.get(given, never)).rejects.toMatchObject({ code: 'ARTIFACT_CHECKSUM' });
});

test('another sum than the one of the cached file brings it anew', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ [`${base}/calico.yaml`]: 'C' }));
  await from(server.url, folder.path).get(given, never);
  server.handle = serve({ [`${base}/calico.yaml`]: 'D' });
  const other = { ...given, sha256: sha256('D') };
  const rows = await listArtifacts([given, other], { cacheDir: folder.path });
  expect(rows.map(({ source }) => source)).toEqual(['cache (upstream)', undefined]);
  expect(await readFile((await from(server.url, folder.path).get(other, never)).path, 'utf8')).toBe('D');
});

test("a chart's sum comes from the index of its repository", async () => {
  await using folder = await temporaryFolder();
  const index = (digest: string) => `apiVersion: v1
entries:
  other:
    - { version: 1.20.2, digest: ${sha256('other')} }
  cilium:
    - { version: 1.20.10, digest: ${sha256('later')} }
    - { version: 1.20.2, digest: ${digest} }
`;
  await using server = await testServer(serve({ '/index.yaml': index(sha256('X')), '/cilium-1.20.2.tgz': 'X' }));
  expect(await from(server.url, folder.path).get(chart, never)).toMatchObject({ sha256: sha256('X') });
  server.handle = serve({ '/index.yaml': index('none'), '/cilium-1.20.2.tgz': 'X' });
  await using empty = await temporaryFolder();
  await expect(from(server.url, empty.path).get(chart, never)).rejects.toMatchObject({
    why: expect.stringContaining('no sha256 is published for cilium-1.20.2.tgz') as string,
  });
});

test('a mirror needs no sum of its own for what is pinned, and one for a chart', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(
    serve({ [`/raw.githubusercontent.com${base}/calico.yaml`]: 'C', '/helm.cilium.io/cilium-1.20.2.tgz': 'X' }),
  );
  const network = directNetwork();
  const parts = { network, reachability: openReachability(network), progress: () => undefined };
  const sources = [mirrorSource({ ...parts, mirrors: [server.url] })];
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources });
  expect(await artifacts.get(given, never)).toMatchObject({ source: 'mirror' });
  await expect(artifacts.get(chart, never)).rejects.toMatchObject({
    why: expect.stringContaining('cilium-1.20.2.tgz.sha256 answered 404') as string,
  });
});

test.each([
  ['the layout of the cache', 'calico/9.9.9/noarch', 'calico/9.9.9/noarch/SHA256SUMS', ''],
  ['folders as upstream names its versions', 'calico/v9.9.9', 'calico/v9.9.9/SHA256SUMS', ''],
  ['one list of sums for the whole folder', 'calico/v9.9.9', 'SHA256SUMS', './calico/v9.9.9/'],
])("the user's folder may have %s", async (_title, place, sums, prefix) => {
  await using folder = await temporaryFolder();
  await folder.write(`own/${place}/calico.yaml`, 'C');
  await folder.write(`own/${sums}`, `${sha256('C')}  ${prefix}calico.yaml\n`);
  const settings: ArtifactSettings = { ...auto, directory: join(folder.path, 'own') };
  const cacheDir = join(folder.path, 'cache');
  const artifacts = openArtifacts(settings, { progress: () => undefined, cacheDir, sources: [] });
  expect(await artifacts.get(unknown, never)).toMatchObject({
    path: join(folder.path, 'own', place, 'calico.yaml'),
    source: 'directory',
  });
  await expect(artifacts.get(typha, never)).rejects.toMatchObject({ code: 'ARTIFACT_UNAVAILABLE' });
});

test("a file of the user's folder that is not the pinned one is an error", async () => {
  await using folder = await temporaryFolder();
  await folder.write('own/calico/v3.32.1/calico.yaml', 'C');
  await folder.write('own/SHA256SUMS', `${sha256('C')}  calico/v3.32.1/calico.yaml\n`);
  const settings: ArtifactSettings = { ...auto, directory: join(folder.path, 'own') };
  const cacheDir = join(folder.path, 'cache');
  const artifacts = openArtifacts(settings, { progress: () => undefined, cacheDir, sources: [] });
  await expect(artifacts.get({ ...unknown, version: '3.32.1' }, never)).rejects.toMatchObject({
    code: 'ARTIFACT_CHECKSUM',
    fix: expect.stringContaining('the version or the sha256 that the inventory names') as string,
  });
});

test.each([
  ['calico', 'amd64', 'calico is not made for amd64'],
  ['etcd', 'noarch', 'etcd is not made for noarch'],
] as const)('%s for %s is refused', async (component, architecture, message) => {
  await using folder = await temporaryFolder();
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [] });
  const [file = ''] = catalogEntry(component).files;
  const id = { component, version: '1.2.3', architecture, file };
  await expect(artifacts.get(id, never)).rejects.toMatchObject({ code: 'ARTIFACT_UNKNOWN', message });
});

test('versions whose sums are pinned are known to those who list them', () => {
  expect(pinnedVersions('calico')).toEqual(['3.32.1']);
  expect(pinnedVersions('cilium')).toEqual([]);
});
