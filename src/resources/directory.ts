import { sh } from '../shell/sh.ts';
import { changed, octal } from './file.ts';
import type { Resource } from './define.ts';

export interface DirectorySpec {
  readonly path: string;
  readonly mode: number;
  /** Programs write here: clean removes all that is in it. Else only the empty directory is removed. */
  readonly data?: boolean;
}

interface DirectoryState {
  readonly type: string;
  readonly mode: string;
}

/** Keeps a directory, owned by root. */
export function directory(spec: DirectorySpec): Resource<DirectoryState> {
  const mode = octal(spec.mode);
  const own = spec.data === true ? sh`k8sup_own_tree ${spec.path}` : sh`k8sup_own_dirs ${spec.path}`;
  return {
    id: `directory:${spec.path}`,
    probe: sh`stat -L -c '%F %a' ${spec.path} 2>/dev/null || echo absent`,
    parse: (output) => {
      const match = /^(.*) (\d+)$/.exec(output.trim());
      return { type: match?.[1] ?? 'absent', mode: match?.[2] ?? '' };
    },
    diff: (state) => {
      if (state.type !== 'directory') return [{ path: 'directory', from: state.type, to: mode, effect: 'create' }];
      return changed('mode', state.mode, mode);
    },
    apply: {
      script: sh`${own}
mkdir -p ${spec.path}; chmod ${mode} ${spec.path}`,
    },
  };
}
