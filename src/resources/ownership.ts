/** Folder on a host for the ownership manifest, what was there before, and hashes of big files. */
export const stateDir = '/var/lib/k8sup';

/**
 * Shell functions for apply scripts. Each writes to the ownership manifest before a change is made, once for each thing, so that clean can bring back
 * what was there. A line is `KIND TAB NAME TAB VALUE`:
 * - `file PATH absent` or `file PATH BACKUP`: a file k8sup wrote, with the copy of what it replaced
 * - `dir PATH`: an empty directory k8sup made; `tree PATH fresh` or `tree PATH kept MODE`: one that programs fill (`kept`: it was there before, so only
 *   its content goes, and it gets its mode back)
 * - any other kind, with the value its own undo needs.
 */
export const ownershipFunctions = `
k8sup_owned() {
  k=$1 n=$2 awk -F '\\t' '$1 == ENVIRON["k"] && $2 == ENVIRON["n"] { found=1 } END { exit !found }' ${stateDir}/manifest 2>/dev/null
}
k8sup_own() {
  [ -d ${stateDir}/before ] || { mkdir -p ${stateDir}/before; chmod 700 ${stateDir} ${stateDir}/before; }
  k8sup_owned "$1" "$2" || printf '%s\\t%s\\t%s\\n' "$1" "$2" "\${3-}" >> ${stateDir}/manifest
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
    k8sup_own file "$1" "$k8sup_own_copy"
  else k8sup_own file "$1" absent; fi
}
k8sup_own_tree() {
  if [ -d "$1" ]; then
    awk -v t="$1" '{ if (index($5, t "/") == 1) print $5 }' /proc/self/mountinfo | while IFS= read -r k8sup_mount; do
      k8sup_owned tree "$1" || k8sup_own kept-mount "$k8sup_mount"
    done
  fi
  if [ -d "$1" ] && ! k8sup_owned dir "$1"; then k8sup_own tree "$1" "kept $(stat -c %a "$1")"
  else k8sup_own_dirs "\${1%/*}"; k8sup_own tree "$1" fresh; fi
}
`;
