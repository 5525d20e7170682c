import { createHash } from 'node:crypto';
import { tar, type TarEntry } from './tar.ts';

export interface ImageSpec {
  /** Full name with tag. */
  readonly name: string;
  /** The one layer. */
  readonly files: readonly TarEntry[];
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
}

/** Fixed, so that the same content is the same image: 2026-01-01. */
const created = '2026-01-01T00:00:00Z';
const mtime = Date.parse(created) / 1000;

/**
 * An image in the form that both `docker load` and `ctr images import` read: manifest.json, a configuration and one layer (docker-archive, as
 * described in Docker's image specification 1.2).
 */
export function dockerArchive(image: ImageSpec): Buffer {
  const layer = tar(withFolders(image.files), mtime);
  const layerId = sha256(layer);
  const config = Buffer.from(JSON.stringify(imageConfig(image, layerId)));
  const configName = `${sha256(config)}.json`;
  const layerName = `${layerId}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: [image.name], Layers: [layerName] }];
  const file = (name: string, data: Buffer): TarEntry => ({ type: 'file', name, mode: 0o644, data });
  return tar(
    [
      { type: 'directory', name: layerId, mode: 0o755 },
      file(layerName, layer),
      file(configName, config),
      file('manifest.json', Buffer.from(JSON.stringify(manifest))),
    ],
    mtime,
  );
}

function imageConfig(image: ImageSpec, layerId: string): object {
  return {
    architecture: image.arch === 'x64' ? 'amd64' : image.arch,
    os: 'linux',
    created,
    config: {
      Env: ['PATH=/bin:/sbin:/usr/bin:/usr/sbin'],
      Entrypoint: image.entrypoint,
      Cmd: image.command ?? [],
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerId}`] },
    history: [{ created, created_by: 'k8sup lab' }],
  };
}

/** Adds the folders that files are in, each before its content. */
function withFolders(files: readonly TarEntry[]): readonly TarEntry[] {
  const seen = new Set(files.map((file) => file.name));
  return files.flatMap((file) => {
    const parts = file.name.split('/').slice(0, -1);
    const parents = parts.map((_, index) => parts.slice(0, index + 1).join('/')).filter((name) => !seen.has(name));
    parents.forEach((name) => seen.add(name));
    return [...parents.map((name) => ({ type: 'directory' as const, name, mode: 0o755 })), file];
  });
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
