import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { image } from '../../../src/resources/image.ts';
import type { ImageSpec } from '../../../src/resources/image.ts';
import { changesOf, readCases } from '../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'k8sup-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('an image', () => {
  it.each(readCases<Pick<ImageSpec, 'names' | 'sha256'>>('image.cases.json', import.meta.url))('$title', (one) => {
    const spec = { ...tarball(one.want.names, 'x'), ...one.want };
    expect(changesOf(image(spec), one.probe.join('\n'))).toEqual(one.changes);
  });
});

describe.skipIf(noFakeHost !== undefined)('an image on a host', () => {
  it('is loaded once, and again when it was removed', async () => {
    using host = hostWithContainerd();
    const pause = image(tarball(['registry.k8s.io/pause:3.10'], 'a'));
    expect(await probeOn(host, pause)).toEqual(['image: absent -> registry.k8s.io/pause:3.10 (create)']);
    expect(await applyOn(host, pause)).toEqual([]);
    await host.sh('rm /run/images');
    expect(await applyOn(host, pause)).toEqual([]);
    expect(host.read('/run/images')).toBe('registry.k8s.io/pause:3.10\n');
    expect(await host.sh('ls /var/lib/k8sup')).not.toContain('image.tar');
  });

  it('is loaded again when the tarball behind its name is another', async () => {
    using host = hostWithContainerd();
    await applyOn(host, image(tarball(['app:1'], 'a')));
    const newer = image(tarball(['app:1'], 'b'));
    expect(await probeOn(host, newer)).toHaveLength(1);
    expect(await applyOn(host, newer)).toEqual([]);
  });

  it('leaves no tarball behind where it cannot be loaded', async () => {
    using host = hostWithContainerd();
    host.program('ctr', 'case $* in *import*) ls /var/lib/k8sup > /run/seen; exit 1 ;; esac');
    await expect(applyOn(host, image(tarball(['app:1'], 'a')))).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
    expect(host.read('/run/seen')).toContain('image.tar');
    expect(await host.sh('ls /var/lib/k8sup')).not.toContain('image.tar');
  });

  it('says which copy to delete where that is damaged', async () => {
    using host = hostWithContainerd();
    const spec = tarball(['app:1'], 'a');
    writeFileSync(spec.upload.path, 'no gzip at all'.padEnd(spec.upload.length));
    await expect(applyOn(host, image(spec))).rejects.toMatchObject({
      why: expect.stringContaining(`delete ${spec.upload.path} on the controller`) as string,
    });
  });

  it.each([
    ['app:1', 'example.com/app:1'],
    ['example.com/app:1', 'app:1'],
  ])('is not mixed up with one whose name ends alike (%s, then %s)', async (first, second) => {
    using host = hostWithContainerd();
    const [a, b] = [image(tarball([first], 'a')), image(tarball([second], 'b'))];
    await applyOn(host, a, b);
    expect(await probeOn(host, a)).toEqual([]);
    expect(await probeOn(host, b)).toEqual([]);
  });
});

/** A stand-in for ctr: its store is a list of names, and a tarball is a list of names with a comment. */
function hostWithContainerd(): FakeHost {
  const host = fakeHost();
  host.program(
    'ctr',
    `case $* in
  *'images ls -q') cat /run/images 2>/dev/null ;;
  *'images import'*) for last in "$@"; do :; done; grep -v '^#' "$last" >> /run/images; sort -u -o /run/images /run/images; echo imported ;;
esac`,
  );
  return host;
}

function tarball(names: readonly string[], content: string): ImageSpec {
  const text = Buffer.from([`# ${content}`, ...names, ''].join('\n'));
  const sha256 = createHash('sha256').update(text).digest('hex');
  const packed = gzipSync(text);
  const path = join(folder, sha256);
  writeFileSync(path, packed);
  const upload = { path, length: packed.length, compression: 'gzip' } as const;
  return { names, sha256, runtime: 'containerd', client: 'ctr', upload };
}
