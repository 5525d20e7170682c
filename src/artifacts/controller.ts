import { arch, platform } from 'node:os';
import type { ArtifactId, Platform } from './artifact.ts';
import { architectureError } from './artifact-error.ts';
import { helmVersion } from './catalog/helm.ts';

/** The platform of the machine that k8sup runs on. @throws K8supError `ARTIFACT_ARCHITECTURE`. */
export function controllerPlatform(system: string = platform(), machine: string = arch()): Platform {
  const architecture = machine === 'x64' ? 'amd64' : machine;
  if (architecture === 'amd64' || architecture === 'arm64') {
    if (system === 'linux') return architecture;
    if (system === 'darwin') return `darwin-${architecture}`;
  }
  throw architectureError(`${system} ${machine}`);
}

/** helm for the machine that k8sup runs on. */
export function helmArtifact(): ArtifactId {
  return { component: 'helm', version: helmVersion, architecture: controllerPlatform(), file: 'helm' };
}
