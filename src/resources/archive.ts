import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';
import { stateDir } from './ownership.ts';

/** A tar archive on the controller that is unpacked in a directory of its own. */
export interface ArchiveSpec {
  readonly path: string;
  /** Leading folders left out of the names in it. */
  readonly strip: number;
  readonly sha256: string;
  readonly upload: { readonly path: string; readonly length: number };
}

interface ArchiveState {
  /** Hash of the archive that is unpacked there; `absent` where none is. */
  readonly sha256: string;
  /** Files that are not as they were in it. */
  readonly damaged: readonly string[];
}

/** Keeps the files of an archive; files that programs have put beside them stay until clean. */
export function archive(spec: ArchiveSpec): Resource<ArchiveState> {
  const record = `${stateDir}/archives/${createHash('sha256').update(spec.path).digest('hex').slice(0, 16)}`;
  const wanted = `${spec.sha256} ${String(spec.strip)}`;
  return {
    id: `archive:${spec.path}`,
    probe: sh`if [ -f ${record} ] && cd ${spec.path} 2>/dev/null; then head -n 1 ${record}
  tail -n +2 ${record} | sha256sum -c --quiet 2>/dev/null | sed -n 's/: FAILED.*//p'
else echo absent; fi`,
    parse: (output) => {
      const [sha256 = 'absent', ...damaged] = output.trim().split('\n');
      return { sha256, damaged: damaged.filter((name) => name !== '') };
    },
    diff: (state) => diffArchive(wanted, state),
    apply: {
      script: unpack(spec, record, wanted),
      contents: [
        {
          length: spec.upload.length,
          path: spec.upload.path,
          open: () => createReadStream(spec.upload.path, { highWaterMark: 1 << 18 }),
        },
      ],
      timeoutSeconds: 600,
    },
  };
}

function diffArchive(wanted: string, { sha256, damaged }: ArchiveState): readonly Change[] {
  const short = (hash: string): string => `sha256:${hash.slice(0, 12)}`;
  if (sha256 === 'absent') return [{ path: 'content', from: 'absent', to: short(wanted), effect: 'create' }];
  if (sha256 !== wanted) return [{ path: 'content', from: short(sha256), to: short(wanted), effect: 'update' }];
  if (damaged.length === 0) return [];
  const more = damaged.length > 3 ? ` and ${String(damaged.length - 3)} more` : '';
  const from = `${damaged.slice(0, 3).join(', ')}${more} changed by hand`;
  return [{ path: 'files', from, to: 'as in the archive', effect: 'update' }];
}

/** Unpacked beside the directory first, so that an archive that is cut off or broken costs nothing. */
function unpack({ path, strip, sha256 }: ArchiveSpec, record: string, wanted: string): Sh {
  const fresh = `${path}.k8sup-new`;
  return sh`k8sup_own_tree ${path}
mkdir -p ${`${stateDir}/archives`} ${path}
t=${`${record}.new`}; n=${fresh}
rm -rf "$t" "$n"; mkdir -p "$n"
trap 'rm -rf "$t" "$t.list" "$n"' EXIT
head -c "$1" > "$t"
set -- "$(sha256sum < "$t")"
if [ "$1" != ${`${sha256}  -`} ]; then echo "the upload is damaged: sha256 $1, expected "${sha256}; exit 1; fi
tar -xf "$t" -C "$n" --strip-components=${strip} --no-same-owner
(cd "$n" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2) > "$t.list"
if [ -f ${record} ]; then
  tail -n +2 ${record} | cut -c 67- | while IFS= read -r file; do
    [ -e "$n/$file" ] || rm -f -- ${path}/"$file"
  done
fi
chmod 755 "$n"
cp -a --remove-destination "$n/." ${path}/
{ echo ${wanted}; cat "$t.list"; } > "$t"
mv -f "$t" ${record}`;
}
