import { describeImageArchive } from '../artifacts/image-archive.ts';
import type { StageContext } from '../engine/stage.ts';
import type { Host } from '../inventory/model.ts';
import type { AnyResource } from '../resources/define.ts';
import { image } from '../resources/image.ts';
import { hostArchitecture } from './binaries.ts';
import { binaries } from './paths.ts';

/** The inventory's image tarballs, in the store of the host's runtime. */
export function imageResources(context: StageContext, host: Host): Promise<readonly AnyResource[]> {
  const { runtime } = context.inventory.cluster;
  return Promise.all(
    runtime.images.map(async (path) => {
      const { names, artifact } = await describeImageArchive(path, hostArchitecture(context, host), context.signal);
      const compression = context.facts(host).zstd ? 'zstd' : 'gzip';
      const upload = await context.artifacts.compressed(artifact, compression, context.signal);
      const client = runtime.type === 'docker' ? binaries.docker : binaries.ctr;
      return image({ names, sha256: artifact.sha256, runtime: runtime.type, client, upload });
    }),
  );
}
