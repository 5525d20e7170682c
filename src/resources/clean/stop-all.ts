import { rawShell } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';

/**
 * Stops what k8sup started, in an order in which nothing comes back: kubelet, then the containers, then the other units from the last to the first.
 * Only processes whose program is one that k8sup brought are ended, known by the file they run, and what is left in the pods' cgroups. A runtime is asked
 * only where it runs k8sup's program: after an apply that was cut short it may be the host's own, with containers that are not k8sup's.
 */
export const stopAll: Sh = rawShell(`
owned_units=$(awk -F '\\t' '$1 == "unit" { print $2 }' "$manifest" | tac)
case " $(echo $owned_units) " in *' kubelet.service '*) systemctl stop kubelet.service ;; esac
owned_runtime() { awk -F '\\t' -v r="$1" '$1 == "runtime" && $2 == r { f=1 } END { exit !f }' "$manifest"; }
runs_ours() { case $(readlink "/proc/$(systemctl show -p MainPID --value "$1")/exe") in /opt/k8sup/*) return 0 ;; esac; return 1; }
if owned_runtime docker && runs_ours docker.service; then
  docker=/opt/k8sup/docker/docker
  ids=$($docker ps -aq 2>/dev/null || :)
  [ -z "$ids" ] || $docker rm -f -v $ids >/dev/null 2>&1 || :
fi
if owned_runtime containerd && runs_ours containerd.service; then
  ctr="/opt/k8sup/bin/ctr -n k8s.io"
  for task in $($ctr tasks ls -q 2>/dev/null); do $ctr tasks kill -a -s KILL "$task" >/dev/null 2>&1 || :; done
fi
for unit in $owned_units; do
  systemctl disable --quiet "$unit" 2>/dev/null || :
  systemctl stop "$unit" 2>/dev/null || :
  systemctl reset-failed "$unit" 2>/dev/null || :
done
# A runtime's shims outlive it on purpose; without the runtime they are nobody's.
ours() { for exe in /proc/[0-9]*/exe; do
  case $(readlink "$exe" 2>/dev/null) in /opt/k8sup/*|/opt/cni/bin/*) pid=\${exe#/proc/}; echo "\${pid%/exe}" ;; esac; done; }
children() { for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do children "$child"; echo "$child"; done; }
for pid in $(ours); do for victim in $(children "$pid") "$pid"; do kill -KILL "$victim" 2>/dev/null || :; done; done
i=0; while [ -n "$(ours)" ] && [ $i -lt 50 ]; do i=$((i+1)); sleep 0.1; done
# Nobody else takes the groups away in which kubelet and Docker put containers: systemd does so for slices alone, and only in hierarchies that it manages.
groups_of() { for group in "$@"; do for path in /sys/fs/cgroup/$group /sys/fs/cgroup/*/$group; do
  # Below another group only where the first folders are hierarchies (cgroup v1); some of them are links to others.
  if [ -d "$path" ] && [ ! -L "\${path%/*}" ] && { [ "\${path%/*}" = /sys/fs/cgroup ] || [ ! -e /sys/fs/cgroup/cgroup.controllers ]; }; then echo "$path"; fi
done; done; }
groups=
case " $(echo $owned_units) " in *' kubelet.service '*)
  groups=$(groups_of kubepods kubepods.slice)
  for pid in $([ -z "$groups" ] || find $groups -name cgroup.procs -exec cat {} +); do kill -KILL "$pid" 2>/dev/null || :; done
  systemctl stop kubepods.slice 2>/dev/null || : ;;
esac
if owned_runtime docker; then groups="$groups $(groups_of docker)"; fi
for path in $groups; do
  i=0; while [ -d "$path" ] && [ $i -lt 50 ]; do i=$((i+1)); find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1; done
done
`);

/**
 * Unmounts everything below the trees that k8sup owns, deepest first, but not the trees' own mounts (a data disk that was there before) and not
 * what was mounted below them before k8sup came.
 */
export const unmountAll: Sh = rawShell(`
awk -F '\\t' '$1 == "tree" || $1 == "path" { print $2 }' "$manifest" | while IFS= read -r tree; do
  [ -n "$tree" ] || continue
  tree=$(readlink -m -- "$tree")
  awk -v t="$tree" '{ if (index($5, t "/") == 1) print length($5), $5 }' /proc/self/mountinfo | sort -rn | cut -d ' ' -f 2- | while IFS= read -r point; do
    if grep -qF -- "$(printf 'kept-mount\\t%s\\t' "$point")" "$manifest"; then continue; fi
    umount -- "$(printf '%b' "$(printf %s "$point" | sed 's/\\\\\\([0-7][0-7][0-7]\\)/\\\\0\\1/g')")" || umount -l -- "$point" || :
  done
done
`);
