import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReachability } from '../../../../src/artifacts/reachability.ts';
import type { ComponentRequest } from '../../../../src/artifacts/source.ts';
import { upstreamSource } from '../../../../src/artifacts/sources/upstream.ts';
import { closedUrl, directNetwork, serve, testServer } from '../server.ts';
import { never, sha256, temporaryFolder } from '../temporary.ts';
import { workspaceIn } from '../workspace.ts';

function upstream(base: string, said: string[] = []) {
  const network = directNetwork();
  const urlOf = (url: string) => `${base}${new URL(url).pathname}`;
  return upstreamSource({
    network,
    reachability: openReachability(network),
    progress: (text) => said.push(text),
    urlOf,
  });
}

const etcd: ComponentRequest = { component: 'etcd', version: '3.6.5', architecture: 'amd64' };
const runc: ComponentRequest = { component: 'runc', version: '1.3.3', architecture: 'arm64' };
const flannel: ComponentRequest = { component: 'flannel', version: '0.28.4', architecture: 'amd64' };
const runcBase = '/opencontainers/runc/releases/download/v1.3.3';

async function archive(members: Readonly<Record<string, string>>): Promise<Buffer> {
  await using folder = await temporaryFolder();
  for (const [name, text] of Object.entries(members)) await folder.write(`in/${name}`, text, 0o755);
  execFileSync('tar', ['-czf', join(folder.path, 'out.tgz'), '-C', join(folder.path, 'in'), '.']);
  return await readFile(join(folder.path, 'out.tgz'));
}

test('programs come out of an archive whose sum the release lists', async () => {
  await using folder = await temporaryFolder();
  const name = 'etcd-v3.6.5-linux-amd64';
  const bytes = await archive({
    [`${name}/etcd`]: 'E',
    [`${name}/etcdctl`]: 'C',
    [`${name}/etcdutl`]: 'U',
    [`${name}/README.md`]: '',
  });
  const base = '/etcd-io/etcd/releases/download/v3.6.5';
  await using server = await testServer(
    serve({
      [`${base}/SHA256SUMS`]: `${sha256(bytes)}  ${name}.tar.gz\n${sha256('')}  other\n`,
      [`${base}/${name}.tar.gz`]: bytes,
    }),
  );
  const workspace = await workspaceIn(folder.path);
  expect(await upstream(server.url).find(etcd, workspace, never)).toHaveProperty('from');
  expect((await readdir(workspace.files)).sort()).toEqual(['etcd', 'etcdctl', 'etcdutl']);
  expect(await readFile(join(workspace.files, 'etcdctl'), 'utf8')).toBe('C');
});

test('a plain program is named as the catalog has it', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(
    serve({ [`${runcBase}/runc.sha256sum`]: `${sha256('R')} *runc.arm64\n`, [`${runcBase}/runc.arm64`]: 'R' }),
  );
  const workspace = await workspaceIn(folder.path);
  await upstream(server.url).find(runc, workspace, never);
  expect(await readdir(workspace.files)).toEqual(['runc']);
});

test('a sum that does not fit is never passed over', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(
    serve({ [`${runcBase}/runc.sha256sum`]: `${sha256('other')}  runc.arm64\n`, [`${runcBase}/runc.arm64`]: 'R' }),
  );
  const workspace = await workspaceIn(folder.path);
  await expect(upstream(server.url).find(runc, workspace, never)).rejects.toMatchObject({ code: 'ARTIFACT_CHECKSUM' });
  expect(await readdir(workspace.files)).toEqual([]);
});

test('a file without a published sum is not used', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(
    serve({ [`${runcBase}/runc.sha256sum`]: 'nothing\n', [`${runcBase}/runc.arm64`]: 'R' }),
  );
  const answer = await upstream(server.url).find(runc, await workspaceIn(folder.path), never);
  expect(answer).toEqual({ unavailable: 'no sha256 is published for runc.arm64' });
});

test("GitHub's own digest serves where a release has no checksum file", async () => {
  await using folder = await temporaryFolder();
  const bytes = await archive({ flanneld: 'F' });
  const asset = 'flannel-v0.28.4-linux-amd64.tar.gz';
  const release = {
    assets: [
      { name: 'other', digest: null },
      { name: asset, digest: `sha256:${sha256(bytes)}` },
    ],
  };
  await using server = await testServer(
    serve({
      '/repos/flannel-io/flannel/releases/tags/v0.28.4': JSON.stringify(release),
      [`/flannel-io/flannel/releases/download/v0.28.4/${asset}`]: bytes,
    }),
  );
  const workspace = await workspaceIn(folder.path);
  await upstream(server.url).find(flannel, workspace, never);
  expect(await readFile(join(workspace.files, 'flanneld'), 'utf8')).toBe('F');
});

test('a version that is not there, and a network that refuses, are reasons', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({}));
  const missing = await upstream(server.url).find(runc, await workspaceIn(folder.path, 'a'), never);
  expect(missing).toEqual({ unavailable: expect.stringMatching(/runc\.sha256sum answered 404/) as string });
  const refused = await upstream(await closedUrl()).find(runc, await workspaceIn(folder.path, 'b'), never);
  expect(refused).toEqual({ unavailable: expect.stringMatching(/ECONNREFUSED/) as string });
});
