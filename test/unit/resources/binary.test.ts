import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { binary } from '../../../src/resources/binary.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'k8sup-binary-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = Buffer.concat([Buffer.from('#!/bin/sh\necho v1\n#'), Buffer.alloc(200_000, 7)]);
const path = '/opt/k8sup/bin/tool';

describe.skipIf(noFakeHost !== undefined)('a binary on a host', () => {
  it.each(['gzip', 'zstd', 'none'] as const)('is made of what is sent (%s), checked and runs', async (compression) => {
    using host = fakeHost();
    expect(await applyOn(host, tool(compression))).toEqual([]);
    expect(await host.sh(path)).toBe('v1\n');
  });

  it('leaves what follows in standard input to the next resource', async () => {
    using host = fakeHost();
    const second = { ...tool('gzip', '/opt/k8sup/bin/second') };
    expect(await applyOn(host, tool('gzip'), second)).toEqual([]);
    expect(await host.sh('/opt/k8sup/bin/second')).toBe('v1\n');
  });

  it('is not hashed again while nothing touched it', async () => {
    using host = fakeHost();
    await applyOn(host, tool('gzip'));
    host.program('sha256sum', 'echo called >> /run/hashed; exec /usr/bin/sha256sum');
    expect(await probeOn(host, tool('gzip'))).toEqual([]);
    expect(await host.sh('[ ! -e /run/hashed ] || cat /run/hashed')).toBe('');
  });

  it.each([
    ['other content', `printf x >> ${path}`],
    ['other content of the same size and time', `sed -i s/v1/v2/ ${path}; touch -r /run/reference ${path}`],
    [
      'the same size and time in place',
      `printf 2 | dd of=${path} bs=1 seek=16 conv=notrunc 2>/dev/null; touch -r /run/reference ${path}`,
    ],
  ])('is seen to have %s', async (_title, change) => {
    using host = fakeHost();
    await applyOn(host, tool('gzip'));
    await host.sh(`touch -r ${path} /run/reference\n${change}`);
    const changes = await probeOn(host, tool('gzip'));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatch(/^content: sha256:\w{12} -> sha256:\w{12} \(update\)$/);
    expect(await applyOn(host, tool('gzip'))).toEqual([]);
    expect(await host.sh(path)).toBe('v1\n');
  });

  it('is hashed anew by a look that trusts no record', async () => {
    using host = fakeHost();
    await applyOn(host, tool('gzip'));
    // Another content under the record of the right one.
    await host.sh(`h=/var/lib/k8sup/hashes hash=$(awk '{ print $NF }' $h); sed -i s/v1/v2/ ${path}
echo "$(TZ=UTC0 stat -c '%n %i %s %y %z' ${path}) $hash" > $h`);
    expect(await probeOn(host, tool('gzip'))).toEqual([]);
    const { recheck = tool('gzip').probe } = tool('gzip');
    expect(await probeOn(host, { ...tool('gzip'), probe: recheck })).toEqual([expect.stringMatching(/^content: /)]);
  });

  it('is hashed where its record is lost or was copied from elsewhere', async () => {
    using host = fakeHost();
    await applyOn(host, tool('gzip'));
    host.write('/var/lib/k8sup/hashes', `${path} 1 2 3 4 ${'0'.repeat(64)}\n`);
    expect(await probeOn(host, tool('gzip'))).toEqual([]);
    await host.sh('rm /var/lib/k8sup/hashes');
    expect(await probeOn(host, tool('gzip'))).toEqual([]);
  });

  it('is not replaced by another program than the wanted one', async () => {
    using host = fakeHost();
    const wrong = binary({ ...specOf('gzip', path), sha256: 'f'.repeat(64) });
    await expect(applyOn(host, wrong)).rejects.toMatchObject({
      why: expect.stringContaining('the upload is damaged') as string,
    });
    expect(await host.sh('ls -A /opt/k8sup/bin')).toBe('');
  });

  it.each(['gzip', 'zstd'] as const)('that has no room is told as such, not as a damaged %s', async (compression) => {
    const small = 'mkdir -p /opt/k8sup/bin; mount -t tmpfs -o size=64k tmpfs /opt/k8sup/bin';
    using host = fakeHost({ before: small });
    await expect(applyOn(host, tool(compression))).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringMatching(/no space is left on the disk of \/opt\/k8sup\/bin$/) as string,
    });
  });

  it('is not replaced by a cut-off upload', async () => {
    using host = fakeHost();
    await applyOn(host, tool('gzip'));
    const spec = specOf('gzip', path);
    const cut = binary({ ...spec, sha256: 'f'.repeat(64), upload: { ...spec.upload, length: 50 } });
    await expect(applyOn(host, cut)).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringContaining(`delete ${spec.upload.path} on the controller`) as string,
    });
    expect(await host.sh(path)).toBe('v1\n');
  });
});

function tool(compression: 'gzip' | 'zstd' | 'none', where = path) {
  return binary(specOf(compression, where));
}

function specOf(compression: 'gzip' | 'zstd' | 'none', where: string) {
  const packed = { gzip: gzipSync, zstd, none: (bytes: Buffer) => bytes }[compression](program);
  const upload = join(folder, compression);
  writeFileSync(upload, packed);
  return {
    path: where,
    sha256: createHash('sha256').update(program).digest('hex'),
    mode: 0o755,
    upload: { path: upload, length: packed.length, compression },
  };
}

function zstd(bytes: Buffer): Buffer {
  return spawnSync('zstd', ['-q', '-c'], { input: bytes }).stdout;
}
