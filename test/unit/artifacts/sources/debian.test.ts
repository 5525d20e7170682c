import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ComponentRequest } from '../../../../src/artifacts/source.ts';
import { debianSource } from '../../../../src/artifacts/sources/debian.ts';
import { never, temporaryFolder } from '../temporary.ts';
import { workspaceIn } from '../workspace.ts';
import { programs } from './programs.ts';

const docker: ComponentRequest = { component: 'docker', version: '20.10.24', architecture: 'amd64' };
const source = debianSource({ progress: () => undefined });

function debian(candidate: string) {
  return {
    dpkg: 'echo amd64',
    'apt-cache': `echo '  Candidate: ${candidate}'`,
    'apt-get': '[ "$1" = --version ] || { shift; for name; do : > "$name.deb"; done; }',
    'dpkg-deb': `[ "$1" = --version ] && exit 0
mkdir -p "$3/usr/bin" "$3/usr/sbin"
case $2 in
docker.io.deb) echo d > "$3/usr/sbin/dockerd"; ln -s tini-static "$3/usr/bin/docker-init";;
tini.deb) echo dynamic > "$3/usr/bin/tini"; echo static > "$3/usr/bin/tini-static";;
runc.deb) echo r > "$3/usr/sbin/runc"; ln -s ../sbin/runc "$3/usr/bin/runc";;
esac`,
  };
}

test("programs get the names of Docker's own archive", async () => {
  await programs(debian('20.10.24+dfsg1-1+deb12u1'));
  await using folder = await temporaryFolder();
  const workspace = await workspaceIn(folder.path);
  expect(await source.find(docker, workspace, never)).toEqual({
    from: 'containerd.deb docker.io.deb runc.deb tini.deb',
  });
  expect((await readdir(workspace.files)).sort()).toEqual(['docker-init', 'dockerd', 'runc']);
  expect(await readFile(join(workspace.files, 'docker-init'), 'utf8')).toBe('static\n');
});

test.each([
  ['another version', '5:26.1.5-1', 'apt offers docker.io 26.1.5-1'],
  ['no lists', '(none)', 'apt knows no docker.io; run apt-get update'],
])('%s is a reason', async (_name, candidate, unavailable) => {
  await programs(debian(candidate));
  await using folder = await temporaryFolder();
  expect(await source.find(docker, await workspaceIn(folder.path), never)).toEqual({ unavailable });
});

test("another architecture than this machine's is not had", async () => {
  await programs({ ...debian('20.10.24-1'), dpkg: 'echo arm64' });
  await using folder = await temporaryFolder();
  expect(await source.find(docker, await workspaceIn(folder.path), never)).toMatchObject({ otherArchitecture: true });
});
