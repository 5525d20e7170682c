import { sh } from '../shell/sh.ts';

/**
 * Shell functions of what runs a lab: `record ROLE PID` writes a process down in the file `processes`, `enter GROUP` and `leave GROUP` are about a group
 * in each of the lab's subtrees, `record_init PID` waits for the PID 1 below an nspawn.
 *
 * @param cgroups - the lab's subtree in each hierarchy.
 */
export function bootFunctions(cgroups: readonly string[]): string {
  const trees = sh`${cgroups}`.sh;
  return `
start_time() {
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  echo "\${20}"
}
record() { printf '%s %s %s\\n' "$1" "$2" "$(start_time "$2")" >>processes; }

make_group() {
  mkdir -p "$1" || return 1
  if [ -e "\${1%/*}/cgroup.subtree_control" ]; then
    # cgroup v2: a group has the controllers that its parent hands down
    for controller in $(cat "\${1%/*}/cgroup.controllers"); do
      echo "+$controller" >"\${1%/*}/cgroup.subtree_control"
    done 2>/dev/null
  elif [ -e "$1/cpuset.cpus" ]; then
    # cgroup v1: no process may enter a group while these are empty
    for file in cpuset.cpus cpuset.mems; do
      [ -n "$(cat "$1/$file")" ] || cat "\${1%/*}/$file" >"$1/$file"
    done
  fi
}
enter() {
  for tree in ${trees}; do
    make_group "\${tree%/*}" && make_group "$tree" && make_group "$tree/$1" && echo $$ >"$tree/$1/cgroup.procs" || {
      echo "k8sup: cannot enter the control group $tree/$1"
      exit 1
    }
  done
}
leave() {
  for tree in ${trees}; do
    tries=0
    while [ -d "$tree/$1" ] && [ $tries -lt 50 ]; do
      [ $tries -eq 0 ] || sleep 0.1
      find "$tree/$1" -depth -type d -exec rmdir {} ';' 2>/dev/null
      tries=$((tries + 1))
    done
  done
}
record_init() {
  tries=0
  while [ $tries -lt 100 ] && { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null; do
    case \${stat##*) } in Z*) return ;; esac
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
      if grep -q '^NSpid:.*[^0-9]1$' "/proc/$child/status" 2>/dev/null; then
        record init "$child"
        return
      fi
    done
    sleep 0.1
    tries=$((tries + 1))
  done
}`;
}
