import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';
import { changed } from './file.ts';
import { textFunctions } from './replace-text.ts';

export interface HostNameSpec {
  readonly name: string;
  /** Default `/etc/hostname`. */
  readonly path?: string;
  /** Default `/proc/sys/kernel/hostname`. */
  readonly live?: string;
}

export interface HostNameState {
  readonly live: string;
  /** The first line of the file that is no comment. */
  readonly kept: string;
}

/** Keeps the host's name: now, and in the file that it is read from at boot. */
export function hostName(spec: HostNameSpec): Resource<HostNameState> {
  const path = spec.path ?? '/etc/hostname';
  const live = spec.live ?? '/proc/sys/kernel/hostname';
  return {
    id: `host-name:${spec.name}`,
    probe: sh`IFS= read -r name < ${live}; echo "live=$name"
[ ! -f ${path} ] || while IFS= read -r name || [ -n "$name" ]; do
  case $name in ''|'#'*) ;; *) echo "kept=$name"; break ;; esac
done < ${path}`,
    parse: (output) => {
      const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(output)?.[1]?.trim() ?? '';
      return { live: value('live'), kept: value('kept') };
    },
    diff: (state): readonly Change[] => [
      ...changed('running', state.live, spec.name),
      ...changed('configured', state.kept === '' ? 'none' : state.kept, spec.name),
    ],
    apply: { script: applyName(spec.name, path, live) },
  };
}

/** `$name` is the file; `$value` the live name, where it lives, and the file in base64 or `absent`. */
export const undoHostName: Sh = sh`${textFunctions}
set -- $value
if [ "$3" = absent ]; then rm -f -- "$name"
else new_text "$name"; printf %s "$3" | base64 -d > "$name.k8sup-new"; replace_text "$name"; fi
printf %s "$1" > "$2"`;

function applyName(name: string, path: string, live: string): Sh {
  return sh`${textFunctions}
if [ -e ${path} ]; then before=$(base64 < ${path} | tr -d '\\n'); else before=absent; fi
k8sup_own host-name ${path} "$(cat ${live}) "${live}" $before"
new_text ${path}; chmod 644 ${path}.k8sup-new
printf '%s\\n' ${name} > ${path}.k8sup-new
replace_text ${path}
printf %s ${name} > ${live}`;
}
