import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ArtifactId } from '../../../src/artifacts/artifact.ts';
import { openArtifacts } from '../../../src/artifacts/open-artifacts.ts';
import type { Source } from '../../../src/artifacts/source.ts';
import type { ArtifactSettings } from '../../../src/inventory/model.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';

const auto: ArtifactSettings = { source: 'auto', mirrors: [] };

function etcd(file: string): ArtifactId {
  return { component: 'etcd', version: '3.6.5', architecture: 'amd64', file };
}

/** Gives etcd's programs, each with its own name as content. */
function giving(name: string, files = ['etcd', 'etcdctl', 'etcdutl']): Source & { calls: number } {
  const source = {
    name,
    calls: 0,
    async find(_request: unknown, workspace: { files: string }) {
      source.calls += 1;
      for (const file of files) await writeFile(join(workspace.files, file), file);
      return { from: 'a test' };
    },
  };
  return source;
}

function refusing(name: string, unavailable: string, otherArchitecture = false): Source {
  return { name, find: () => Promise.resolve({ unavailable, otherArchitecture }) };
}

test('a component is brought once for all its files and callers, and is executable', async () => {
  await using folder = await temporaryFolder();
  const source = giving('upstream');
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [source] });
  const got = await Promise.all(['etcd', 'etcdctl', 'etcd'].map(async (file) => artifacts.get(etcd(file), never)));
  expect(source.calls).toBe(1);
  expect(got[1]).toEqual({
    id: etcd('etcdctl'),
    path: join(folder.path, 'etcd/3.6.5/linux-amd64/etcdctl'),
    sha256: sha256('etcdctl'),
    size: 7,
    source: 'upstream',
  });
  expect((await stat(got[1]?.path ?? '')).mode & 0o777).toBe(0o755);
  const sums = await readFile(join(folder.path, 'etcd/3.6.5/linux-amd64/SHA256SUMS'), 'utf8');
  expect(sums).toContain(`${sha256('etcdutl')}  etcdutl\n`);
});

test('a later run takes it from the cache and says where it came from', async () => {
  await using folder = await temporaryFolder();
  const options = { progress: () => undefined, cacheDir: folder.path };
  await openArtifacts(auto, { ...options, sources: [giving('go-modules')] }).get(etcd('etcd'), never);
  const later = openArtifacts(auto, { ...options, sources: [refusing('upstream', 'must not be asked')] });
  expect(await later.get(etcd('etcd'), never)).toMatchObject({ source: 'cache (go-modules)', sha256: sha256('etcd') });
});

test('two openings of one cache, as of two processes, bring a component once', async () => {
  await using folder = await temporaryFolder();
  const source = giving('upstream');
  const open = () => openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [source] });
  await Promise.all([open().get(etcd('etcd'), never), open().get(etcd('etcdctl'), never)]);
  expect(source.calls).toBe(1);
});

test('sources are tried in order, each refusal is told, and the first that has it is used', async () => {
  await using folder = await temporaryFolder();
  const said: string[] = [];
  const last = giving('debian');
  const sources = [refusing('upstream', 'no way out'), giving('go-modules'), last];
  const artifacts = openArtifacts(auto, { progress: (text) => said.push(text), cacheDir: folder.path, sources });
  expect(await artifacts.get(etcd('etcd'), never)).toMatchObject({ source: 'go-modules' });
  expect(said).toContain('upstream: no way out; trying go-modules');
  expect(last.calls).toBe(0);
});

test('a source that gives too little is passed over', async () => {
  await using folder = await temporaryFolder();
  const sources = [giving('upstream', ['etcd']), giving('mirror')];
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources });
  expect(await artifacts.get(etcd('etcdutl'), never)).toMatchObject({ source: 'mirror' });
});

test("when none has it, one error holds each source's reason, and a later call asks again", async () => {
  await using folder = await temporaryFolder();
  const sources = [refusing('upstream', 'no way out'), refusing('go-modules', 'no Go here')];
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources });
  const error = await artifacts.get(etcd('etcd'), never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'ARTIFACT_UNAVAILABLE',
    kind: 'artifact',
    why: 'cache: not there yet\nupstream: no way out\ngo-modules: no Go here',
  });
  sources.push(giving('late'));
  await expect(artifacts.get(etcd('etcd'), never)).resolves.toMatchObject({ source: 'late' });
});

test('an architecture that no source has is an error of its own', async () => {
  await using folder = await temporaryFolder();
  await folder.write('own/etcd/3.6.5/linux-arm64/SHA256SUMS', '');
  const settings: ArtifactSettings = { source: 'directory', mirrors: [], directory: join(folder.path, 'own') };
  const artifacts = openArtifacts(settings, { progress: () => undefined, cacheDir: join(folder.path, 'cache') });
  await expect(artifacts.get(etcd('etcd'), never)).rejects.toMatchObject({
    code: 'ARTIFACT_ARCHITECTURE',
    message: 'etcd 3.6.5 is not to be had for amd64',
  });
});

test("the user's folder comes first, file by file", async () => {
  await using folder = await temporaryFolder();
  await folder.write('own/etcd/3.6.5/linux-amd64/etcd', 'mine');
  await folder.write('own/etcd/3.6.5/linux-amd64/SHA256SUMS', `${sha256('mine')}  etcd\n`);
  const settings: ArtifactSettings = { ...auto, directory: join(folder.path, 'own') };
  const cacheDir = join(folder.path, 'cache');
  const artifacts = openArtifacts(settings, { progress: () => undefined, cacheDir, sources: [giving('upstream')] });
  expect(await artifacts.get(etcd('etcd'), never)).toMatchObject({ sha256: sha256('mine'), source: 'directory' });
  expect(await artifacts.get(etcd('etcdctl'), never)).toMatchObject({ source: 'upstream' });
});

test("a wrong file in the user's folder is an error and is left alone", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('own/etcd/3.6.5/linux-amd64/etcd', 'tampered');
  await folder.write('own/etcd/3.6.5/linux-amd64/SHA256SUMS', `${sha256('mine')}  etcd\n`);
  const settings: ArtifactSettings = { ...auto, directory: join(folder.path, 'own') };
  const artifacts = openArtifacts(settings, {
    progress: () => undefined,
    cacheDir: join(folder.path, 'cache'),
    sources: [],
  });
  const error = await artifacts.get(etcd('etcd'), never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ARTIFACT_CHECKSUM', message: `${path} has a wrong sha256` });
  expect(error).toHaveProperty('why', `expected ${sha256('mine')}\ngot      ${sha256('tampered')}`);
  expect(await readFile(path, 'utf8')).toBe('tampered');
});

test('a damaged cache is an error, is taken out, and is brought anew by the next call', async () => {
  await using folder = await temporaryFolder();
  const source = giving('upstream');
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [source] });
  const { path } = await artifacts.get(etcd('etcd'), never);
  await writeFile(path, 'damaged');
  const twice = await Promise.allSettled([artifacts.get(etcd('etcd'), never), artifacts.get(etcd('etcd'), never)]);
  for (const { status, ...rest } of twice) {
    expect(status).toBe('rejected');
    expect(rest).toHaveProperty('reason.code', 'ARTIFACT_CHECKSUM');
  }
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await artifacts.get(etcd('etcd'), never);
  expect(source.calls).toBe(2);
});

test('what an unwanted source put into the cache is replaced', async () => {
  await using folder = await temporaryFolder();
  const options = { progress: () => undefined, cacheDir: folder.path };
  await openArtifacts(auto, { ...options, sources: [giving('go-modules')] }).get(etcd('etcd'), never);
  const official = openArtifacts({ source: 'upstream', mirrors: [] }, { ...options, sources: [giving('upstream')] });
  expect(await official.get(etcd('etcd'), never)).toMatchObject({ source: 'upstream' });
});

test('a failed source leaves nothing in the cache', async () => {
  await using folder = await temporaryFolder();
  const broken: Source = {
    name: 'broken',
    async find(_request, workspace) {
      await writeFile(join(workspace.files, 'etcd'), 'half');
      throw new Error('broken off');
    },
  };
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [broken] });
  await expect(artifacts.get(etcd('etcd'), never)).rejects.toThrow('broken off');
  expect(await readdir(join(folder.path, '.work'))).toEqual([]);
  expect(await readdir(join(folder.path, '.locks'))).toEqual([]);
  expect(await readdir(folder.path)).not.toContain('etcd');
});

test.each([
  [{ ...etcd('etcd'), component: 'etdc' }, 'there is no component named etdc'],
  [etcd('kubelet'), 'etcd has no file named kubelet'],
  [{ ...etcd('etcd'), version: '../../x' }, '"../../x" is no version of etcd'],
])('%o is refused', async (id, message) => {
  await using folder = await temporaryFolder();
  const artifacts = openArtifacts(auto, { progress: () => undefined, cacheDir: folder.path, sources: [] });
  await expect(artifacts.get(id, never)).rejects.toMatchObject({ code: 'ARTIFACT_UNKNOWN', message });
});
