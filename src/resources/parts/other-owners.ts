import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { networkKinds, undoFunctions } from '../clean/undo-entries.ts';
import type { Resource } from '../define.ts';
import { stateDir } from '../ownership.ts';
import { partsFolder } from './parts.ts';

/**
 * Takes off what belongs to any other owner of a place, just as clean would: its units are stopped, then its links, routes and rules go, then its
 * files, each with its line in the ownership manifest. What the new owner has too is taken off as well, since that one makes it anew. A run that
 * is cut short goes on with what is left. Leaves the mark of {@link exchangeOf}.
 */
export function otherOwnersOff(place: string, owner: string): Resource<readonly string[]> {
  return {
    id: exchangeId(place),
    probe: sh`for f in ${partsFolder(place)}/*; do if [ -e "$f" ]; then echo "\${f##*/}"; fi; done`,
    parse: (output) => output.split('\n').filter((name) => name !== '' && name !== owner),
    diff: (others) => others.map((other) => ({ path: place, from: other, to: owner, effect: 'delete' })),
    apply: { script: exchange(place, owner), timeoutSeconds: 180 },
  };
}

/**
 * A file that is there from the moment an owner was taken off until what depended on it was seen to, and the resource that writes it. It names the paths that
 * were taken off: a pod that is begun in between may bring one into being again, and it is none of the host's for that.
 */
export function exchangeOf(place: string): { readonly mark: string; readonly after: string } {
  return { mark: `${stateDir}/parts/${place}.exchanged`, after: exchangeId(place) };
}

function exchangeId(place: string): string {
  return `other-owners:${place}`;
}

function exchange(place: string, owner: string): Sh {
  return lines([
    undoFunctions,
    sh`manifest=${stateDir}/manifest
set +e
tab=$(printf '\\t')
left=0
entries() { tac "$1" | while IFS="$tab" read -r kind name; do
  k=$kind n=$name awk -F '\\t' '$1 == ENVIRON["k"] && $2 == ENVIRON["n"] { print; exit }' "$manifest"; done; }
forget() { k=$kind n=$name awk -F '\\t' '!($1 == ENVIRON["k"] && $2 == ENVIRON["n"])' "$manifest" > "$manifest.new" &&
  sync "$manifest.new" && mv -f "$manifest.new" "$manifest"; }
for f in ${partsFolder(place)}/*; do
  if [ ! -e "$f" ] || [ "\${f##*/}" = ${owner} ]; then continue; fi
  : >> ${exchangeOf(place).mark}
  for unit in $(awk -F '\\t' '$1 == "unit" { print $2 }' "$f"); do
    systemctl disable --quiet --now "$unit" 2>/dev/null
    systemctl reset-failed "$unit" 2>/dev/null
  done
  entries "$f" > "$f.left"
  for turn in network rest dir unit; do
    while IFS="$tab" read -r kind name value <&3; do
      case " ${networkKinds.join(' ')} " in *" $kind "*) mine=network ;; *) case $kind in dir|unit) mine=$kind ;; *) mine=rest ;; esac ;; esac
      [ $turn = $mine ] || continue
      # A folder that others use too stays theirs and k8sup's.
      if [ $kind = dir ]; then if rmdir -- "$name" 2>/dev/null || [ ! -d "$name" ]; then forget; fi; continue; fi
      # Not in a condition: bash would leave out the set -e of what is undone.
      said=$(undo 2>&1); rc=$?
      if [ $kind = path ] && [ "$value" != kept ]; then printf '%s\\n' "$name" >> ${exchangeOf(place).mark}; fi
      if [ $rc -eq 0 ]; then forget; else echo "could not take back $kind $name: $said"; left=1; fi
    done 3< "$f.left"
  done
  rm -f "$f.left"
  [ $left -ne 0 ] || rm -f "$f"
done
systemctl daemon-reload
[ $left -eq 0 ]`,
  ]);
}
