import type { ArtifactSettings } from '../inventory/model.ts';
import type { Network } from './network.ts';
import { openReachability } from './reachability.ts';
import type { Source } from './source.ts';
import { debianSource } from './sources/debian.ts';
import { goModulesSource } from './sources/go-modules.ts';
import { mirrorSource } from './sources/mirror.ts';
import { upstreamSource } from './sources/upstream.ts';

export interface SourcePlan {
  /** In the order in which they are tried. */
  readonly sources: readonly Source[];
  /** Whether files that a source brought in an earlier run may be used. */
  readonly accepts: (source: string) => boolean;
}

export interface SourceParts {
  readonly progress: (text: string) => void;
  readonly network: Network;
}

/** Which sources the inventory's choice allows. */
export function planSources(settings: ArtifactSettings, parts: SourceParts): SourcePlan {
  const { progress, network } = parts;
  const reachability = openReachability(network);
  const upstream = upstreamSource({ network, reachability, progress });
  const mirror = mirrorSource({ mirrors: settings.mirrors, network, reachability, progress });
  const goModules = goModulesSource({ progress, now: () => performance.now() });
  const mirrors = settings.mirrors.length === 0 ? [] : [mirror];
  switch (settings.source) {
    case 'auto':
      return { sources: [upstream, ...mirrors, goModules, debianSource({ progress })], accepts: () => true };
    case 'upstream':
      return { sources: [upstream], accepts: released };
    case 'mirror':
      return { sources: [mirror], accepts: released };
    case 'go-modules':
      return { sources: [goModules], accepts: (source) => source === 'go-modules' };
    case 'directory':
      return { sources: [], accepts: () => true };
  }
}

/** Both hold the same published bytes. */
function released(source: string): boolean {
  return source === 'upstream' || source === 'mirror';
}
