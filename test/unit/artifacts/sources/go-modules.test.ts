import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ComponentRequest } from '../../../../src/artifacts/source.ts';
import { goModulesSource } from '../../../../src/artifacts/sources/go-modules.ts';
import { never, temporaryFolder } from '../temporary.ts';
import { workspaceIn } from '../workspace.ts';
import { programs } from './programs.ts';

const etcd: ComponentRequest = { component: 'etcd', version: '3.6.5', architecture: 'amd64' };

/** A go whose build writes a program for each package, named as Go does. */
const go = `
[ "$1" = env ] && { echo go1.26.8; exit 0; }
while [ "$1" != -o ]; do shift; done
out=$2; shift 2
for package; do name=\${package%/v3}; echo "$CGO_ENABLED $GOARCH $(cat go.mod)" > "$out\${name##*/}"; done`;

function source(said: string[] = []) {
  const times = [0, 5000, 5000];
  return goModulesSource({ progress: (text) => said.push(text), now: () => times.shift() ?? 5000 });
}

test('programs are built from their modules, under the names the catalog has', async () => {
  const { calls } = await programs({ go });
  await using folder = await temporaryFolder();
  const workspace = await workspaceIn(folder.path);
  const said: string[] = [];
  const answer = await source(said).find(etcd, workspace, never);
  expect(answer).toEqual({ from: expect.stringContaining('go.etcd.io/etcd/server/v3@v3.6.5') as string });
  expect((await readdir(workspace.files)).sort()).toEqual(['etcd', 'etcdctl', 'etcdutl']);
  const seen = await readFile(join(workspace.files, 'etcd'), 'utf8');
  expect(seen).toMatch(/^0 amd64 /);
  expect(seen).toContain('require go.etcd.io/etcd/etcdctl/v3 v3.6.5');
  expect(await readFile(calls, 'utf8')).toContain('-trimpath');
  expect(said).toEqual(['building etcd 3.6.5 from Go modules (about 60 s cold)', 'built etcd 3.6.5 in 5 s']);
});

test("a build that fails is a reason, in go's own words", async () => {
  await programs({
    go: '[ "$1" = env ] && { echo go1.26.8; exit 0; }\necho "module not found" >&2; exit 1',
  });
  await using folder = await temporaryFolder();
  const answer = await source().find(etcd, await workspaceIn(folder.path), never);
  expect(answer).toEqual({ unavailable: 'go build -v failed (go1.26.8): module not found' });
});

test.each([
  ['no go', { go: 'exit 127' }, 'no Go toolchain answers'],
  ['an old go', { go: 'echo go1.19.8' }, 'go1.19.8 is too old'],
  ['no C compiler', { go: 'echo go1.26.8', gcc: 'exit 1' }, 'there is no gcc'],
  ['no libseccomp', { go: 'echo go1.26.8', gcc: '', 'pkg-config': 'exit 1' }, 'libseccomp-dev'],
])('with %s the reason is said before anything is built', async (_name, scripts, reason) => {
  await programs(scripts);
  await using folder = await temporaryFolder();
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const runc: ComponentRequest = { component: 'runc', version: '1.3.3', architecture };
  const answer = await source().find(runc, await workspaceIn(folder.path), never);
  expect(answer).toEqual({ unavailable: expect.stringContaining(reason) as string });
});

test('C code is not built for another architecture', async () => {
  await programs({ go });
  await using folder = await temporaryFolder();
  const architecture = process.arch === 'arm64' ? 'amd64' : 'arm64';
  const runc: ComponentRequest = { component: 'runc', version: '1.3.3', architecture };
  expect(await source().find(runc, await workspaceIn(folder.path), never)).toMatchObject({ otherArchitecture: true });
});

test('what is no module is refused with the reason', async () => {
  await using folder = await temporaryFolder();
  const docker: ComponentRequest = { component: 'docker', version: '20.10.24', architecture: 'amd64' };
  const answer = await source().find(docker, await workspaceIn(folder.path), never);
  expect(answer).toEqual({ unavailable: 'Docker is not published as a Go module that builds' });
});

test('an abort ends the build', async () => {
  await programs({
    go: '[ "$1" = env ] && { echo go1.26.8; exit 0; }\necho started >&2\nexec sleep 300',
  });
  await using folder = await temporaryFolder();
  const stop = new AbortController();
  const workspace = await workspaceIn(folder.path);
  let clock = 0;
  const running = goModulesSource({
    progress: (text) => {
      // The first line of a build that runs.
      if (text.includes('compiled')) stop.abort(new Error('stopped'));
    },
    now: () => (clock += 60_000),
  });
  await expect(running.find(etcd, workspace, stop.signal)).rejects.toThrow('stopped');
});
