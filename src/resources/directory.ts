import { sh } from '../shell/sh.ts';
import { changed, octal } from './file.ts';
import type { Resource } from './define.ts';

export interface DirectorySpec {
  readonly path: string;
  readonly mode: number;
  /** `user:group`; without it root's, of whatever group. */
  readonly owner?: string;
  /** Programs write here: clean removes all that is in it. Else only the empty directory is removed. */
  readonly data?: boolean;
}

interface DirectoryState {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
}

/** Keeps a directory. */
export function directory(spec: DirectorySpec): Resource<DirectoryState> {
  const mode = octal(spec.mode);
  const owner = spec.owner ?? 'root';
  const format = spec.owner === undefined ? '%F %a %U' : '%F %a %U:%G';
  const own =
    spec.data === true
      ? sh`k8sup_own_tree ${spec.path}`
      : sh`if [ -d ${spec.path} ]; then k8sup_owned dir ${spec.path} || k8sup_own attributes ${spec.path} "$(stat -L -c '%a %u:%g' ${spec.path})"
else k8sup_own_dirs ${spec.path}; fi`;
  return {
    id: `directory:${spec.path}`,
    probe: sh`stat -L -c ${format} ${spec.path} 2>/dev/null || echo absent`,
    parse: (output) => {
      const match = /^(.*) (\d+) (\S+)$/.exec(output.trim());
      return { type: match?.[1] ?? 'absent', mode: match?.[2] ?? '', owner: match?.[3] ?? '' };
    },
    diff: (state) => {
      if (state.type !== 'directory') return [{ path: 'directory', from: state.type, to: mode, effect: 'create' }];
      return [...changed('mode', state.mode, mode), ...changed('owner', state.owner, owner)];
    },
    apply: {
      script: sh`${own}
mkdir -p ${spec.path}; chown ${owner} ${spec.path}
# Five digits, as chmod leaves a folder's set-id bits alone for fewer.
chmod ${mode.padStart(5, '0')} ${spec.path}`,
    },
  };
}
