import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';
import { leftMark } from './left-mark.ts';

export interface UserSpec {
  readonly name: string;
  readonly uid?: number;
  readonly comment?: string;
  readonly shell?: string;
  readonly home?: string;
  /** Besides its own; it stays in others. */
  readonly groups: readonly string[];
  /** A number of the range of services, and no home directory. */
  readonly system: boolean;
}

interface UserState {
  readonly there: boolean;
  readonly uid: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  readonly groups: readonly string[];
}

/** Keeps a user, without a password; what one that was there before had is recorded. */
export function user(spec: UserSpec): Resource<UserState> {
  return {
    id: `user:${spec.name}`,
    probe: sh`getent passwd ${spec.name} || echo absent
id -nG ${spec.name} 2>/dev/null || :`,
    parse: parseUser,
    diff: (state) => diffUser(spec, state),
    apply: { script: applyUser(spec) },
  };
}

/**
 * `$name` is the user; `$value` is `absent`, with `kept-group` where a group of its name was there, or its line of passwd and its groups from before. A home directory goes with its user as long as nothing but what
 * came with it is in it.
 */
export const undoUser: Sh = rawShell(`case $value in
absent|'absent kept-group')
  entry=$(getent passwd "$name") || exit 0
  home=$(printf %s "$entry" | cut -d : -f 6)
  userdel "$name"
  if [ "$value" = absent ] && getent group "$name" >/dev/null; then groupdel "$name"; fi
  if [ -d "$home" ]; then
    rmdir -- "$home" 2>/dev/null || { command -v diff >/dev/null && diff -rq /etc/skel "$home" >/dev/null 2>&1 && rm -rf --one-file-system -- "$home"; } ||
      echo "${leftMark}$home of the user $name is kept: it holds files that k8sup did not make"
  fi ;;
*)
  getent passwd "$name" >/dev/null || exit 0
  entry=\${value%% *}; groups=\${value#* }
  entry=$(printf %s "$entry" | base64 -d)
  field() { printf %s "$entry" | cut -d : -f "$1"; }
  usermod -u "$(field 3)" -c "$(field 5)" -d "$(field 6)" -s "$(field 7)" -G "$groups" "$name" ;;
esac`);

function parseUser(output: string): UserState {
  const [entry = '', groups = ''] = output.trim().split('\n');
  const [, , uid = '', , comment = '', home = '', shell = ''] = entry.split(':');
  const there = entry.includes(':');
  return { there, uid, comment, home, shell, groups: there ? groups.split(' ').filter((name) => name !== '') : [] };
}

function diffUser(spec: UserSpec, state: UserState): readonly Change[] {
  if (!state.there) return [{ path: 'user', from: 'absent', to: 'there', effect: 'create' }];
  const fields = [
    ['uid', state.uid, spec.uid === undefined ? undefined : String(spec.uid)],
    ['comment', state.comment, spec.comment],
    ['home', state.home, spec.home],
    ['shell', state.shell, spec.shell],
  ] as const;
  const missing = spec.groups.filter((group) => !state.groups.includes(group));
  return [
    ...fields.flatMap(([path, from, to]): readonly Change[] =>
      to === undefined || from === to ? [] : [{ path, from, to, effect: 'update' }],
    ),
    ...(missing.length === 0
      ? []
      : [{ path: 'groups', from: state.groups.join(','), to: `also ${missing.join(',')}`, effect: 'update' } as const]),
  ];
}

function applyUser(spec: UserSpec): Sh {
  const flags = [
    ...(spec.uid === undefined ? [] : ['-u', String(spec.uid)]),
    ...(spec.comment === undefined ? [] : ['-c', spec.comment]),
    ...(spec.home === undefined ? [] : ['-d', spec.home]),
    ...(spec.shell === undefined ? [] : ['-s', spec.shell]),
  ];
  const groups = spec.groups.join(',');
  const add = [...flags, ...(groups === '' ? [] : ['-G', groups]), ...(spec.system ? ['-r', '-M'] : ['-m'])];
  const change = [...flags, ...(groups === '' ? [] : ['-a', '-G', groups])];
  return sh`if entry=$(getent passwd ${spec.name}); then
  others=$(id -nG ${spec.name} | tr ' ' '\\n' | grep -vxF -- "$(id -ng ${spec.name})" | paste -s -d , - || :)
  k8sup_own user ${spec.name} "$(printf %s "$entry" | base64 -w 0) $others"
  ${change.length === 0 ? rawShell(':') : sh`usermod ${change} ${spec.name}`}
else
  # What login.defs says of a group for each user differs from one distribution to the next.
  if getent group ${spec.name} >/dev/null; then k8sup_own user ${spec.name} 'absent kept-group'; useradd -g ${spec.name} ${add} ${spec.name}
  else k8sup_own user ${spec.name} absent; useradd -U ${add} ${spec.name}; fi
fi`;
}
