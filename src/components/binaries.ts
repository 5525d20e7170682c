import type { Architecture, ArtifactId } from '../artifacts/artifact.ts';
import type { StageContext } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { binary } from '../resources/binary.ts';
import type { AnyResource } from '../resources/define.ts';

/** Some files of one component's artifact, and where they go. */
export interface BinarySet {
  readonly component: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly directory: string;
}

/** The resources that keep a component's programs on a host: gotten on the controller, compressed once, sent only where the hash differs. */
export function binaries(context: StageContext, host: Host, set: BinarySet): Promise<readonly AnyResource[]> {
  const architecture = hostArchitecture(context, host);
  return Promise.all(
    set.files.map(async (file) => {
      const id: ArtifactId = { component: set.component, version: set.version, architecture, file };
      const artifact = await context.artifacts.get(id, context.signal);
      const compression = context.facts(host).zstd ? 'zstd' : 'gzip';
      const upload = await context.artifacts.compressed(artifact, compression, context.signal);
      return binary({ path: `${set.directory}/${file}`, sha256: artifact.sha256, mode: 0o755, upload });
    }),
  );
}

/** The architecture of a host, of those that there are binaries for. */
export function hostArchitecture(context: StageContext, host: Host): Architecture {
  const { architecture } = context.facts(host);
  if (typeof architecture === 'string') return architecture;
  throw new K8supError({
    code: 'ARCHITECTURE_UNSUPPORTED',
    kind: 'preflight',
    host: host.name,
    what: `${host.name}: no binaries for ${architecture.unsupported}`,
    fix: 'k8sup knows amd64 and arm64',
  });
}
