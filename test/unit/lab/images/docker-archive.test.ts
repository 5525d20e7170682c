import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dockerArchive, type ImageSpec } from '../../../../src/lab/images/docker-archive.ts';

const image: ImageSpec = {
  name: 'k8sup.lab/tool:1',
  files: [
    { type: 'file', name: 'usr/bin/tool', mode: 0o755, data: Buffer.from('tool') },
    { type: 'directory', name: 'tmp', mode: 0o1777 },
    { type: 'file', name: 'tmp/x', mode: 0o644, data: Buffer.from('x') },
  ],
  entrypoint: ['/usr/bin/tool'],
  arch: 'x64',
};

function extract(archive: Buffer, name: string): Buffer {
  return execFileSync('tar', ['-xOf', '-', name], { input: archive });
}

describe('dockerArchive', () => {
  const archive = dockerArchive(image);
  const manifest = JSON.parse(extract(archive, 'manifest.json').toString()) as [
    { Config: string; RepoTags: string[]; Layers: [string] },
  ];
  const layer = extract(archive, manifest[0].Layers[0]);

  it('names the image, and a configuration by the hash of its bytes', () => {
    const config = extract(archive, manifest[0].Config);
    expect(manifest[0].RepoTags).toEqual(['k8sup.lab/tool:1']);
    expect(manifest[0].Config).toBe(`${createHash('sha256').update(config).digest('hex')}.json`);
    expect(JSON.parse(config.toString())).toMatchObject({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/usr/bin/tool'] },
      rootfs: { diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
    });
  });

  it('adds missing folders once, before what is in them', () => {
    const names = execFileSync('tar', ['-tf', '-'], { input: layer, encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual(['usr/', 'usr/bin/', 'usr/bin/tool', 'tmp/', 'tmp/x']);
  });

  it('is the same image every time', () => {
    expect(dockerArchive(image).equals(archive)).toBe(true);
  });
});
