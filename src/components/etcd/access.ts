import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Change, Resource } from '../../resources/define.ts';
import { binaries, etcdPki } from '../paths.ts';
import { etcdAdmin, etcdctl, localEndpoint } from './etcdctl.ts';

/** Who may do what in etcd: users are the common names of client certificates. */
export interface EtcdAccess {
  readonly clientPort: number;
  /** Common names of those who may do everything, beside etcdctl's own on members. */
  readonly admins: readonly string[];
  /** Common names of those who may read and write what is below a prefix alone; each has a role of its own name. */
  readonly limited: readonly { readonly user: string; readonly prefix: string }[];
}

export interface EtcdAccessState {
  /** False where no member answers yet. */
  readonly answers: boolean;
  /** Whether somebody with a certificate of etcd's authority, but without a user, may read. */
  readonly open: boolean;
  /** Roles by user, and permissions by role as `readwrite /a/b/ to /a/b0`. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

/**
 * Keeps etcd's users and roles, and its authentication switched on: from then on a client certificate alone opens nothing. On one member, for all of them.
 * Users of others are left alone. etcd itself asks for the user `root`, who has no password here, so that nobody can be it.
 */
export function etcdAccess(access: EtcdAccess): Resource<EtcdAccessState> {
  return {
    id: 'etcd-access:users',
    probe: probe(access),
    parse,
    diff: (state) => difference(access, state),
    apply: { script: apply(access) },
  };
}

/** The first key behind all that begin with the prefix, as etcdctl's `--prefix` makes it. */
export function rangeEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return `${prefix.slice(0, -1)}${String.fromCharCode(last + 1)}`;
}

function adminsOf({ admins }: EtcdAccess): readonly string[] {
  return ['root', etcdAdmin, ...admins];
}

/** The members' serving certificate is a client's too and has no user: what it may do is what anybody may. */
function probe(access: EtcdAccess): Sh {
  const ctl = etcdctl(access.clientPort);
  const users = [...adminsOf(access), ...access.limited.map(({ user }) => user)];
  return sh`if [ -x ${binaries.etcdctl} ] && ${ctl} user list >/dev/null 2>&1; then
echo answers
if ${binaries.etcdctl} --endpoints ${localEndpoint(access.clientPort)} --cacert ${etcdPki.ca} --cert ${etcdPki.serverCert} --key ${etcdPki.serverKey} --command-timeout 5s get k8sup-who-may-read >/dev/null 2>&1; then echo open; fi
for u in ${users}; do if o=$(${ctl} user get "$u" -w json 2>/dev/null); then printf 'user %s %s\\n' "$u" "$o"; fi; done
for r in ${access.limited.map(({ user }) => user)}; do if o=$(${ctl} role get "$r" -w json 2>/dev/null); then printf 'role %s %s\\n' "$r" "$o"; fi; done
fi`;
}

interface RoleAnswer {
  readonly perm?: readonly { readonly permType?: number; readonly key?: string; readonly range_end?: string }[];
}

function parse(output: string): EtcdAccessState {
  const rows = output.split('\n').map((line) => /^(\w+)(?: (\S+) (.*))?$/.exec(line) ?? []);
  const of = (kind: string): readonly (readonly [string, unknown])[] =>
    rows.flatMap(([, found, name = '', json = 'null']) =>
      found === kind ? [[name, JSON.parse(json) as unknown] as const] : [],
    );
  return {
    answers: rows.some(([, found]) => found === 'answers'),
    open: rows.some(([, found]) => found === 'open'),
    users: Object.fromEntries(of('user').map(([name, user]) => [name, (user as { roles?: string[] }).roles ?? []])),
    roles: Object.fromEntries(of('role').map(([name, role]) => [name, permissions(role as RoleAnswer)])),
  };
}

const kinds = ['read', 'write', 'readwrite'];

function permissions({ perm = [] }: RoleAnswer): readonly string[] {
  const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8');
  return perm.map(({ permType = 0, key, range_end: end }) => `${kinds[permType] ?? ''} ${text(key)} to ${text(end)}`);
}

function difference(access: EtcdAccess, state: EtcdAccessState): readonly Change[] {
  const compare = (path: string, from: readonly string[] | undefined, to: readonly string[]): readonly Change[] => {
    if (from !== undefined && [...from].sort().join() === [...to].sort().join()) return [];
    const effect = from === undefined ? 'create' : 'update';
    return [{ path, from: from === undefined ? 'absent' : from.join(', ') || 'nothing', to: to.join(', '), effect }];
  };
  return [
    ...access.limited.flatMap(({ user, prefix }) => [
      ...compare(`role ${user}`, state.roles[user], [`readwrite ${prefix} to ${rangeEnd(prefix)}`]),
      ...compare(`user ${user}`, state.users[user], [user]),
    ]),
    ...adminsOf(access).flatMap((user) => compare(`user ${user}`, state.users[user], ['root'])),
    ...(state.answers && !state.open
      ? []
      : [{ path: 'authentication', from: 'off', to: 'on', effect: 'update' } as const]),
  ];
}

/** A role is made anew, as a permission of an older prefix must not stay; flanneld tries again meanwhile. */
function apply(access: EtcdAccess): Sh {
  const ctl = etcdctl(access.clientPort);
  const user = (name: string, role: string): Sh => sh`ensure_user ${name} ${role}`;
  return lines([
    sh`ctl() { ${ctl} "$@"; }
ensure_user() {
  o=$(ctl user get "$1" 2>/dev/null) || ctl user add "$1" --no-password >/dev/null
  for r in $(ctl user get "$1" | sed -n 's/^Roles: *//p'); do [ "$r" = "$2" ] || ctl user revoke-role "$1" "$r" >/dev/null; done
  ctl user get "$1" | grep -q "^Roles:.* $2\\( \\|\$\\)" || ctl user grant-role "$1" "$2" >/dev/null
}
ctl role get root >/dev/null 2>&1 || ctl role add root >/dev/null`,
    ...adminsOf(access).map((name) => user(name, 'root')),
    ...access.limited.flatMap(({ user: name, prefix }) => [
      sh`ctl role get ${name} >/dev/null 2>&1 && ctl role delete ${name} >/dev/null
ctl role add ${name} >/dev/null
ctl role grant-permission ${name} readwrite --prefix=true ${prefix} >/dev/null`,
      user(name, name),
    ]),
    sh`ctl auth enable >/dev/null`,
  ]);
}
