import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReachability } from '../../../../src/artifacts/reachability.ts';
import type { ComponentRequest } from '../../../../src/artifacts/source.ts';
import { mirrorSource } from '../../../../src/artifacts/sources/mirror.ts';
import { closedUrl, directNetwork, serve, testServer } from '../server.ts';
import { never, sha256, temporaryFolder } from '../temporary.ts';
import { workspaceIn } from '../workspace.ts';

function mirror(...mirrors: string[]) {
  const network = directNetwork();
  return mirrorSource({ mirrors, network, reachability: openReachability(network), progress: () => undefined });
}

const runc: ComponentRequest = { component: 'runc', version: '1.3.3', architecture: 'amd64' };
const path = 'opencontainers/runc/releases/download/v1.3.3';

function files(prefix: string, text: string) {
  return {
    [`${prefix}/${path}/runc.sha256sum`]: `${sha256(text)}  runc.amd64\n`,
    [`${prefix}/${path}/runc.amd64`]: text,
  };
}

test.each([
  ['with the host in the path', '/files/github.com'],
  ['without it', '/files'],
])('a mirror is used %s', async (_name, prefix) => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve(files(prefix, 'R')));
  const workspace = await workspaceIn(folder.path);
  expect(await mirror(`${server.url}/files/`).find(runc, workspace, never)).toHaveProperty('from');
  expect(await readFile(join(workspace.files, 'runc'), 'utf8')).toBe('R');
});

test('mirrors are tried in order: closed ones and those without the file are passed over, later ones never asked', async () => {
  await using folder = await temporaryFolder();
  await using empty = await testServer(serve({}));
  await using second = await testServer(serve(files('', 'second')));
  await using third = await testServer(serve(files('', 'third')));
  const workspace = await workspaceIn(folder.path);
  await mirror(await closedUrl(), empty.url, second.url, third.url).find(runc, workspace, never);
  expect(await readFile(join(workspace.files, 'runc'), 'utf8')).toBe('second');
  expect(third.requests).toEqual([]);
  expect(empty.requests.every((request) => request.startsWith('HEAD '))).toBe(true);
});

test("all mirrors' reasons are given", async () => {
  await using folder = await temporaryFolder();
  await using empty = await testServer(serve({}));
  const answer = await mirror(await closedUrl(), empty.url).find(runc, await workspaceIn(folder.path), never);
  expect(answer).toEqual({
    unavailable: expect.stringMatching(/ECONNREFUSED.*; .* has no runc 1\.3\.3 for amd64/) as string,
  });
});

test("a file without a publisher's checksum needs one beside it on a mirror", async () => {
  await using folder = await temporaryFolder();
  const docker: ComponentRequest = { component: 'docker', version: '20.10.24', architecture: 'amd64' };
  await using server = await testServer(serve({ '/linux/static/stable/x86_64/docker-20.10.24.tgz': 'x' }));
  const answer = await mirror(server.url).find(docker, await workspaceIn(folder.path), never);
  expect(answer).toEqual({
    unavailable: expect.stringMatching(/docker-20\.10\.24\.tgz\.sha256 answered 404/) as string,
  });
});
