import type { Network } from '../network.ts';
import type { Reachability } from '../reachability.ts';
import type { Source } from '../source.ts';
import { fetchRelease, releaseFiles } from './release.ts';

export interface UpstreamOptions {
  readonly network: Network;
  readonly reachability: Reachability;
  readonly progress: (text: string) => void;
  /** Replaced in tests: where an official URL is really asked for. */
  readonly urlOf?: (official: string) => string;
}

/** Official releases, checked against the sha256 that their publisher gives. */
export function upstreamSource(options: UpstreamOptions): Source {
  const urlOf = options.urlOf ?? ((url: string) => url);
  return {
    name: 'upstream',
    async find(request, workspace, signal) {
      const files = releaseFiles(request);
      if ('unavailable' in files) return files;
      for (const { url } of files.slice(0, 1)) {
        const refusal = await options.reachability.refusal(urlOf(url), signal);
        if (refusal !== undefined) return { unavailable: refusal };
      }
      const access = {
        network: options.network,
        progress: options.progress,
        urlOf,
        checksumOf: ({ checksum }: (typeof files)[number]) => checksum,
      };
      return await fetchRelease(request, workspace, access, signal);
    },
  };
}
