import { artifactIds } from '../artifacts/index.ts';
import { hostArchitecture } from '../components/binaries.ts';
import type { RunContext } from '../engine/run-context.ts';
import type { Run } from './run.ts';

/**
 * Gets everything the hosts are to be sent before the first of them is changed, so that a file that is missing or damaged leaves them as they are. With a full
 * cache this reads no file.
 *
 * @throws K8supError of kind `artifact`.
 */
export async function getArtifacts(run: Run, context: RunContext): Promise<void> {
  const architectures = new Set(run.hosts.map((host) => hostArchitecture(context, host)));
  for (const architecture of architectures) {
    // CoreDNS comes as an image; its program is in the list for those who make that image.
    const ids = artifactIds(run.inventory, architecture).filter(({ component }) => component !== 'coredns');
    for (const id of ids) await context.artifacts.get(id, run.signal);
  }
}
