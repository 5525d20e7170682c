import { createHash } from 'node:crypto';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';

/** A file of a few kilobytes whose content k8sup writes. */
export interface FileSpec {
  readonly path: string;
  readonly content: string | Buffer;
  /** Permission bits, for example `0o644`. */
  readonly mode: number;
  /** `user:group`; default `root:root`. */
  readonly owner?: string;
  /** Never shown, not even as a difference. */
  readonly secret?: boolean;
  /** What to call the content where it is only made by an apply, as a new certificate is: no hash of it can be known before. */
  readonly made?: string;
  /** What a person compares in place of the text itself. */
  readonly show?: (text: string) => string;
  /** Prints what `show` gets of the file on the host, default its text: for files that hold a secret beside what may be shown. */
  readonly read?: Sh;
}

export interface FileState {
  readonly type: 'absent' | 'file' | 'other';
  readonly mode: string;
  readonly owner: string;
  readonly sha256: string;
}

/** Keeps a file's content, mode and owner; written beside the target, checked, then moved into place. */
export function file(spec: FileSpec): Resource<FileState> {
  const bytes = Buffer.from(spec.content);
  const wanted = { mode: octal(spec.mode), owner: spec.owner ?? 'root:root', sha256: sha256(bytes) };
  return {
    id: `file:${spec.path}`,
    probe: probeFile(spec.path, sh`sha256sum < ${spec.path}`),
    parse: parseFile,
    diff: (state) => diffFile(state, wanted).map((change) => shownAs(spec, change)),
    apply: { script: installFile(spec.path, wanted, rawShell('head -c "$1"')), contents: [{ bytes }] },
    ...(spec.secret === true && spec.read === undefined ? {} : { text: textOf(spec, bytes) }),
  };
}

/** Of a secret not even a hash is told: a short password could be guessed by it. */
function shownAs({ secret = false, made }: FileSpec, change: Change): Change {
  if (change.path !== 'content') return change;
  const from = secret && change.effect === 'update' && change.from !== 'other' ? 'another secret' : change.from;
  return { ...change, from, to: made ?? (secret ? 'secret' : change.to) };
}

function textOf({ path, read, show }: FileSpec, bytes: Buffer): NonNullable<Resource['text']> {
  const text = { wanted: bytes.toString('utf8'), read: read ?? sh`cat ${path}` };
  return show === undefined ? text : { ...text, show };
}

/** Prints `absent`, `other`, or `file MODE OWNER` and the hash that `hash` prints. */
export function probeFile(path: string, hash: Sh): Sh {
  return sh`if [ -L ${path} ]; then echo other
elif [ -f ${path} ]; then stat -c 'file %a %U:%G' ${path}; ${hash}
elif [ -e ${path} ]; then echo other
else echo absent; fi`;
}

export function parseFile(output: string): FileState {
  const [head = '', hash = ''] = output.trim().split('\n');
  const [type, mode = '', owner = ''] = head.split(' ');
  if (type === 'file') return { type, mode, owner, sha256: hash.split(' ')[0] ?? '' };
  return { type: type === 'absent' ? 'absent' : 'other', mode: '', owner: '', sha256: '' };
}

export function diffFile(state: FileState, wanted: Omit<FileState, 'type'>): readonly Change[] {
  if (state.type !== 'file') {
    const effect = state.type === 'absent' ? 'create' : 'update';
    return [{ path: 'content', from: state.type, to: short(wanted.sha256), effect }];
  }
  return [
    ...changed('content', short(state.sha256), short(wanted.sha256)),
    ...changed('mode', state.mode, wanted.mode),
    ...changed('owner', state.owner, wanted.owner),
  ];
}

/**
 * Writes what `read` prints beside the target, compares its hash, and moves it into place; a cut-off upload never becomes the file.
 *
 * @param advice - what to do where the hash is another one.
 */
export function installFile(path: string, wanted: Omit<FileState, 'type'>, read: Sh, advice = ''): Sh {
  return sh`if [ -d ${path} ] && [ ! -L ${path} ]; then echo ${path}" is a directory"; exit 1; fi
k8sup_own_file ${path}
t=${`${path}.k8sup-new`}
rm -f "$t"; (umask 077; ${read} > "$t")
set -- "$(sha256sum < "$t")"
if [ "$1" != ${`${wanted.sha256}  -`} ]; then
  set -- "$1" "$(df -Pk "\${t%/*}" | awk 'NR == 2 { print $4 " " $6 }')"; rm -f "$t"
  case $2 in '0 '*) echo "no space is left on the disk of \${2#0 }"; exit 1 ;; esac
  echo "the upload is damaged: sha256 $1, expected "${`${wanted.sha256}${advice}`}; exit 1; fi
chown ${wanted.owner} "$t"; chmod ${wanted.mode} "$t"
mv -fT "$t" ${path}`;
}

/** A copy that was damaged on the controller is damaged at every attempt. */
export function damagedCopyAdvice(upload: { readonly path: string }): string {
  return `; if that happens again, delete ${upload.path} on the controller, and it is made anew`;
}

export function octal(mode: number): string {
  return mode.toString(8);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function changed(path: string, from: string, to: string): readonly Change[] {
  return from === to ? [] : [{ path, from, to, effect: 'update' }];
}

function short(hash: string): string {
  return `sha256:${hash.slice(0, 12)}`;
}
