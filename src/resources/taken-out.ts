import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { undoFunctions } from './clean/undo-entries.ts';
import type { Resource } from './define.ts';
import { stateDir } from './ownership.ts';

/** What steps of the user's own have put on a host and what of it is still wanted there. */
export interface TakenOutSpec {
  /** Ends the resource's id. */
  readonly name: string;
  /** Files of steps (see `ofStep`) or patterns of such, from {@link stateDir}. */
  readonly files: readonly ('own/*' | `own/${string}` | `alone/${string}`)[];
  /** Ids of resources. */
  readonly keep: readonly string[];
  /** A file whose lines are to be in another one: a step that was run by itself has come into the inventory. */
  readonly adopt?: { readonly from: `alone/${string}`; readonly to: `own/${string}` };
  /** Ids of resources of this kind that see to the same, where they come earlier in a plan. */
  readonly unless?: readonly string[];
}

/**
 * Takes away, just as clean would, what a step once put on a host and has no longer; what was there before comes back. What it found as it is wanted was never
 * recorded, and stays.
 */
export function takenOut(spec: TakenOutSpec): Resource<readonly string[]> {
  const keep = new Set(spec.keep);
  const { adopt } = spec;
  return {
    id: `taken-out:${spec.name}`,
    probe: sh`cd ${stateDir} 2>/dev/null || exit 0
for f in ${listed(spec)}; do [ ! -f "$f" ] || cut -f 1 "$f"; done
${adopt === undefined ? sh`:` : sh`[ ! -f ${adopt.from} ] || echo ${adopted}`}`,
    parse: (output) => [...new Set(output.split('\n').filter((id) => id !== ''))],
    diff: (ids, { changing }) => {
      if (spec.unless?.some((id) => changing.has(id)) === true) return [];
      const gone = ids.filter((id) => id !== adopted && !keep.has(id));
      return [
        ...(ids.includes(adopted)
          ? [{ path: 'playbook', from: 'run by itself', to: "one of the inventory's", effect: 'update' } as const]
          : []),
        ...gone.map(
          (path) => ({ path, from: 'no longer in a playbook', to: 'as before k8sup', effect: 'delete' }) as const,
        ),
      ];
    },
    apply: { script: takeOut(spec), timeoutSeconds: 300 },
  };
}

/** No resource is called so. */
const adopted = '(adopted)';

/** Patterns are expanded by the shell; names of steps have nothing in them that would need quoting. */
function listed({ files }: TakenOutSpec): Sh {
  return lines([{ sh: files.map((file) => file.replace(/[^\w./*-]/g, '?')).join(' ') }]);
}

function adoptInto({ from, to }: NonNullable<TakenOutSpec['adopt']>): Sh {
  return sh`if [ -f ${from} ]; then mkdir -p own && cat ${from} >> ${to} && rm -f ${from}; fi`;
}

function takeOut(spec: TakenOutSpec): Sh {
  return lines([
    undoFunctions,
    sh`manifest=${stateDir}/manifest
set +e
cd ${stateDir} || exit 1
tab=$(printf '\\t')
left=0
${spec.adopt === undefined ? sh`:` : adoptInto(spec.adopt)}
keep=${spec.keep.join('\n')}
gone() { keep=$keep awk -F '\\t' 'BEGIN { n = split(ENVIRON["keep"], list, "\\n"); for (i = 1; i <= n; i++) wanted[list[i]] = 1 } !($1 in wanted)' "$1"; }
kept() { keep=$keep awk -F '\\t' 'BEGIN { n = split(ENVIRON["keep"], list, "\\n"); for (i = 1; i <= n; i++) wanted[list[i]] = 1 } $1 in wanted' "$1"; }
forget() { k=$kind n=$name awk -F '\\t' '!($1 == ENVIRON["k"] && $2 == ENVIRON["n"])' "$manifest" > "$manifest.new" &&
  sync "$manifest.new" && mv -f "$manifest.new" "$manifest"; }
for f in ${listed(spec)}; do
  [ -f "$f" ] || continue
  gone "$f" | cut -f 2,3 | tac | while IFS="$tab" read -r kind name; do
    k=$kind n=$name awk -F '\\t' '$1 == ENVIRON["k"] && $2 == ENVIRON["n"] { print; exit }' "$manifest"
  done > "$manifest.gone"
  for unit in $(awk -F '\\t' '$1 == "unit" { print $2 }' "$manifest.gone"); do
    systemctl disable --quiet --now "$unit" 2>/dev/null
    systemctl reset-failed "$unit" 2>/dev/null
  done
  for turn in rest dir unit; do
    while IFS="$tab" read -r kind name value <&3; do
      case $kind in dir|unit) mine=$kind ;; *) mine=rest ;; esac
      [ $turn = $mine ] || continue
      # A folder that others use too stays theirs and k8sup's.
      if [ $kind = dir ]; then if rmdir -- "$name" 2>/dev/null || [ ! -d "$name" ]; then forget; fi; continue; fi
      # Not in a condition: bash would leave out the set -e of what is undone.
      said=$(undo 2>&1); rc=$?
      if [ $rc -eq 0 ]; then forget; [ -z "$said" ] || echo "$said"; else echo "could not take back $kind $name: $said"; left=1; fi
    done 3< "$manifest.gone"
  done
  rm -f "$manifest.gone"
  if [ $left -eq 0 ]; then kept "$f" > "$f.new"; if [ -s "$f.new" ]; then mv -f "$f.new" "$f"; else rm -f "$f" "$f.new"; fi; fi
done
systemctl daemon-reload 2>/dev/null
[ $left -eq 0 ]`,
  ]);
}
