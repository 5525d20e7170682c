import { fileIn } from '../shell/file-in.ts';
import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** Folder on a host for the ownership manifest, what was there before, and hashes of big files. */
export const stateDir = '/var/lib/k8sup';

/**
 * Shell functions for apply scripts. Each writes to the ownership manifest before a change is made, once for each thing, so that clean can bring back
 * what was there. A line is `KIND TAB NAME TAB VALUE`:
 * - `file PATH absent` or `file PATH BACKUP`: a file k8sup wrote, with the copy of what it replaced
 * - `dir PATH`: an empty directory k8sup made; `tree PATH fresh` or `tree PATH kept MODE OWNER`: one that programs fill (`kept`: it was there before, so
 *   only its content goes, and it gets its mode and owner back). A tree must hold no file before k8sup owns it, or clean would take somebody else's data
 *   away; its path is the real one, as a link to a data disk is the host's own
 * - any other kind, with the value its own undo needs.
 *
 * What a step of the user's own puts there is told apart: see {@link ofStep}.
 *
 * Each line is on the disk before what it tells of: without it, after a power cut, k8sup's own file would be kept as the host's.
 */
export const ownershipFunctions = `
k8sup_owned() {
  k=$1 n=$2 awk -F '\\t' '$1 == ENVIRON["k"] && $2 == ENVIRON["n"] { found=1 } END { exit !found }' ${stateDir}/manifest 2>/dev/null
}
k8sup_own() {
  [ -d ${stateDir}/before ] || { mkdir -p ${stateDir}/before; chmod 700 ${stateDir} ${stateDir}/before; }
  if k8sup_owned "$1" "$2"; then return 0; fi
  if [ -n "\${k8sup_step-}" ]; then
    mkdir -p "${stateDir}/\${k8sup_step%/*}"
    printf '%s\t%s\t%s\n' "$k8sup_id" "$1" "$2" >> "${stateDir}/$k8sup_step"
    sync "${stateDir}/$k8sup_step"
  fi
  printf '%s\\t%s\\t%s\\n' "$1" "$2" "\${3-}" >> ${stateDir}/manifest
  sync ${stateDir}/manifest
}
k8sup_own_dirs() {
  case $1 in /|'') return 0 ;; esac
  [ -d "$1" ] && return 0
  k8sup_own_dirs "\${1%/*}"
  k8sup_own dir "$1"
}
k8sup_own_file() {
  k8sup_own_dirs "\${1%/*}"
  mkdir -p "\${1%/*}"
  if k8sup_owned file "$1"; then return 0; fi
  if [ -e "$1" ] || [ -L "$1" ]; then
    k8sup_own_copy=${stateDir}/before/$(printf %s "$1" | sha256sum | cut -c 1-16)
    mkdir -p ${stateDir}/before; chmod 700 ${stateDir} ${stateDir}/before
    cp -a -- "$1" "$k8sup_own_copy"
    [ -L "$1" ] || sync "$k8sup_own_copy"
    k8sup_own file "$1" "$k8sup_own_copy"
  else k8sup_own file "$1" absent; fi
}
k8sup_own_tree() {
  set -- "$(readlink -m -- "$1")" "$1"
  if k8sup_owned tree "$1" || k8sup_owned tree "$2"; then return 0; fi
  if [ -d "$1" ] && ! k8sup_owned dir "$1" && ! k8sup_owned dir "$2"; then
    k8sup_held=$(${fileIn('1')})
    if [ -n "$k8sup_held" ]; then echo "$1 holds files that k8sup did not make ($k8sup_held): move them away, or name another directory"; return 1; fi
    awk -v t="$1" '{ if (index($5, t "/") == 1) print $5 }' /proc/self/mountinfo | while IFS= read -r k8sup_mount; do
      k8sup_own kept-mount "$k8sup_mount"
    done
    k8sup_own tree "$1" "kept $(stat -c '%a %u:%g' "$1")"
  else k8sup_own_dirs "\${1%/*}"; k8sup_own tree "$1" fresh; fi
}
`;

/**
 * Goes before an apply script: what it comes to own is listed in a file of the step besides, with the resource's id, so that it can be taken away when the
 * step no longer has it.
 *
 * @param file - from {@link stateDir}, in a folder of its own.
 */
export function ofStep(file: string, id: string): Sh {
  return sh`k8sup_step=${file} k8sup_id=${id}`;
}
