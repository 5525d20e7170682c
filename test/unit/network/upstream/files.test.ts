import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArtifactId, Artifacts } from '../../../../src/artifacts/index.ts';
import { objectsOf, upstreamChart, upstreamManifest } from '../../../../src/network/upstream/index.ts';
import { titleOf } from '../../../../src/network/upstream/manifest.ts';
import { newest } from '../../components/fixture.ts';
import { sampleText } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'k8sup-files-'));
beforeAll(() => {
  writeFileSync(join(folder, 'calico.yaml'), sampleText);
  // A helm that gives what it was asked for as an object.
  const script = `#!/bin/sh
echo '{ apiVersion: v1, kind: ConfigMap, metadata: { name: asked }, data: { args: "'"$*"'", values: '"'$(cat)'"' } }'
`;
  writeFileSync(join(folder, 'helm'), script);
  chmodSync(join(folder, 'helm'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function context(asked: ArtifactId[] = []) {
  const artifacts: Pick<Artifacts, 'get'> = {
    get: (id) => {
      asked.push(id);
      return Promise.resolve({ id, path: join(folder, id.file), sha256: '', size: 0, source: 'test' });
    },
  };
  return { inventory: newest, signal: new AbortController().signal, artifacts: artifacts as Artifacts };
}

it('a manifest is gotten as an artifact of any platform, with the sum that the user says', async () => {
  const asked: ArtifactId[] = [];
  const file = { component: 'calico', version: '9.9.9', file: 'calico.yaml', sha256: 'abc' };
  const manifest = await upstreamManifest(context(asked), file);
  expect(asked).toEqual([{ ...file, architecture: 'noarch' }]);
  expect(manifest.source).toEqual(file);
  expect(objectsOf(manifest).map(titleOf)).toContain('DaemonSet kube-system/node');
});

it("a chart is rendered for the cluster's release, in its namespace", async () => {
  const asked: ArtifactId[] = [];
  const file = { component: 'cilium', version: '1.20.2', file: 'cilium.tgz' };
  const manifest = await upstreamChart(context(asked), {
    file,
    release: 'cilium',
    namespace: 'net',
    values: { a: { b: 1 } },
  });
  expect(asked.map(({ component }) => component)).toEqual(['helm', 'cilium']);
  const [object] = objectsOf(manifest);
  expect(object).toMatchObject({
    metadata: { name: 'asked', namespace: 'net' },
    data: {
      args: `template cilium ${folder}/cilium.tgz --namespace net --kube-version 1.36.3 --include-crds --no-hooks --values -`,
      values: '{"a":{"b":1}}',
    },
  });
});
