import { rawShell } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { leftMark } from '../left-mark.ts';

/**
 * What programs have put into the kernel and what only a program can take out again. Where the host has none that can, k8sup says what stays: that it stays
 * is no failure, since the next clean could do no more.
 */
export const kernelUndo: Readonly<Record<string, Sh>> = {
  // The names of the sets begin with one of these words. Nothing but the program tells which sets there are.
  ipsets: rawShell(`if command -v ipset >/dev/null; then
  for prefix in $name; do ipset list -n 2>/dev/null | while read -r set; do case $set in "$prefix"*) ipset destroy "$set" ;; esac; done; done
elif [ -e /sys/module/ip_set ]; then
  echo '${leftMark}sets of addresses that begin with' $name 'may be left in its kernel: it has no program ipset to look; a reboot takes them away'
fi`),
  // kube-proxy has a cleanup of its own, which can do this too.
  ipvs: rawShell(`services() { grep -cE '^(TCP|UDP|SCTP|FWM) ' /proc/net/ip_vs 2>/dev/null || :; }
left() { case $(services) in ''|0) return 1 ;; esac; }
if [ "$value" != kept ] && left; then
  if command -v ipvsadm >/dev/null; then ipvsadm -C
  elif [ -x /opt/k8sup/bin/kube-proxy ]; then timeout 30 /opt/k8sup/bin/kube-proxy --cleanup >/dev/null 2>&1 || :; fi
  if left; then echo "${leftMark}$(services) Services are left in its table of IPVS: it has no program ipvsadm to take them out; install it and run ipvsadm -C, or reboot"; fi
fi`),
  // The kernel lets go of a program that is attached by a pinned link once the pin is gone; the older ways of attaching are undone one by one.
  bpf: rawShell(`for folder in /sys/class/net/*; do
  link=\${folder##*/}
  if command -v tc >/dev/null; then
    taken=
    for way in ingress egress; do
      for pref in $(tc filter show dev "$link" $way 2>/dev/null | sed -n "s/^filter .* pref \\([0-9]*\\) bpf .* name $name.*/\\1/p" | sort -u); do
        tc filter delete dev "$link" $way pref "$pref"; taken=yes
      done
    done
    if [ -n "$taken" ] && [ -z "$(tc filter show dev "$link" ingress; tc filter show dev "$link" egress)" ]; then tc qdisc delete dev "$link" clsact; fi
  fi
  case $(ip -o link show dev "$link" 2>/dev/null) in *" name $name"*) ip link set dev "$link" xdp off ;; esac
done
command -v tc >/dev/null || echo '${leftMark}programs of its network may still be at its interfaces: it has no program tc to look; a reboot takes them away'
for folder in /sys/fs/bpf /sys/fs/bpf/tc/globals; do
  [ ! -d "$folder" ] || find "$folder" -maxdepth 1 -type f \\( -name "$name*" -o -name "xdp_$name*" \\) -exec rm -f -- {} +
done
if command -v bpftool >/dev/null; then
  for group in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    bpftool cgroup show "$group" 2>/dev/null | awk -v n="$name" 'index($4, n) == 1 || index($3, n) == 1 { print $1, $2 }' | while read -r id type; do
      bpftool cgroup detach "$group" "$type" id "$id"
    done
  done
elif [ "$value" = cgroup ]; then
  echo '${leftMark}programs of its network that choose a pod for a Service may still be at its cgroup: it has no program bpftool to look; a reboot takes them away'
fi`),
};
