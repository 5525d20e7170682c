import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ArtifactId, Artifacts } from '../../../src/artifacts/artifact.ts';
import { fetchAll, listArtifacts } from '../../../src/artifacts/list.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';

const kubelet: ArtifactId = { component: 'kubernetes', version: '1.36.3', architecture: 'amd64', file: 'kubelet' };
const etcdctl: ArtifactId = { component: 'etcd', version: '3.6.5', architecture: 'arm64', file: 'etcdctl' };

test('rows say where a file is published and where it lies', async () => {
  await using folder = await temporaryFolder();
  await folder.write('etcd/3.6.5/linux-arm64/etcdctl', 'C');
  await folder.write('etcd/3.6.5/linux-arm64/SHA256SUMS', `${sha256('C')}  etcdctl\n`);
  await folder.write('etcd/3.6.5/linux-arm64/SOURCE', 'upstream\nhttps://example.org\n');
  expect(await listArtifacts([kubelet, etcdctl], { cacheDir: folder.path })).toEqual([
    { ...kubelet, url: 'https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet' },
    {
      ...etcdctl,
      url: 'https://github.com/etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-linux-arm64.tar.gz',
      size: 1,
      sha256: sha256('C'),
      source: 'cache (upstream)',
    },
  ]);
});

test("the user's folder is shown before the cache", async () => {
  await using folder = await temporaryFolder();
  await folder.write('own/kubernetes/1.36.3/linux-amd64/kubelet', 'K');
  await folder.write('own/kubernetes/1.36.3/linux-amd64/SHA256SUMS', `${sha256('K')}  kubelet\n`);
  const options = { directory: join(folder.path, 'own'), cacheDir: join(folder.path, 'cache') };
  expect(await listArtifacts([kubelet], options)).toMatchObject([{ source: 'directory', sha256: sha256('K') }]);
});

test('everything is fetched in the order in which stages need it', async () => {
  const asked: string[] = [];
  const artifacts = {
    get: (id: ArtifactId) => Promise.resolve(asked.push(id.component)),
  } as unknown as Artifacts;
  const ids = ['coredns', 'kubernetes', 'docker', 'etcd'].map((component) => ({ ...kubelet, component }));
  expect(await fetchAll(artifacts, ids, never)).toHaveLength(4);
  expect(asked).toEqual(['etcd', 'docker', 'kubernetes', 'coredns']);
});
