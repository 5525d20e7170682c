import type { PublishedChecksum, ReleaseFile } from '../catalog/model.ts';
import type { Network } from '../network.ts';
import type { Reachability } from '../reachability.ts';
import type { ComponentRequest, Source, Workspace } from '../source.ts';
import { titleOf } from '../source.ts';
import { fetchRelease, releaseFiles } from './release.ts';

export interface MirrorOptions {
  /** Base URLs, tried in order. */
  readonly mirrors: readonly string[];
  readonly network: Network;
  readonly reachability: Reachability;
  readonly progress: (text: string) => void;
}

/**
 * Servers that hold the official files below a base URL, as `<base>/dl.k8s.io/release/…` or, without the host, `<base>/release/…`; each is probed
 * before it is used. A file whose publisher gives no checksum text needs a `.sha256` beside it there.
 */
export function mirrorSource(options: MirrorOptions): Source {
  return {
    name: 'mirror',
    async find(request, workspace, signal) {
      const files = releaseFiles(request);
      if ('unavailable' in files) return files;
      const reasons: string[] = [];
      for (const base of options.mirrors) {
        const answer = await fromOne(base, { request, workspace, files }, options, signal);
        if (!('unavailable' in answer)) return answer;
        reasons.push(answer.unavailable);
      }
      return { unavailable: reasons.length === 0 ? 'the inventory names none' : reasons.join('; ') };
    },
  };
}

interface Task {
  readonly request: ComponentRequest;
  readonly workspace: Workspace;
  readonly files: readonly ReleaseFile[];
}

async function fromOne(base: string, task: Task, options: MirrorOptions, signal: AbortSignal) {
  const first = task.files[0]?.url ?? '';
  const layouts = [
    (url: string) => below(base, new URL(url).host + new URL(url).pathname),
    (url: string) => below(base, new URL(url).pathname),
  ];
  const refusal = await options.reachability.refusal(below(base, ''), signal);
  if (refusal !== undefined) return { unavailable: refusal };
  for (const urlOf of layouts) {
    if (!(await options.reachability.has(urlOf(first), signal))) continue;
    const { network, progress } = options;
    return await fetchRelease(task.request, task.workspace, { network, progress, urlOf, checksumOf: besideIt }, signal);
  }
  return { unavailable: `${base} has no ${titleOf(task.request)} for ${task.request.architecture}` };
}

function besideIt(file: ReleaseFile): PublishedChecksum {
  const { kind } = file.checksum;
  return kind === 'text' || kind === 'pinned' ? file.checksum : { kind: 'text', url: `${file.url}.sha256` };
}

function below(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}
