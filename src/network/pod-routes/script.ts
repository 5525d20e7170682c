import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';

export const podRoutesScript = `${paths.lib}/pod-routes`;

/** Marks k8sup's own routes, so that one whose node is gone is found and no other route is touched. */
const routeProtocol = 87;

/** Pause between two looks of `pod-routes keep`. */
const lookSeconds = 10;

/**
 * `pod-routes keep FILE` makes the routes, forwarding and masquerading of FILE true and keeps them so: the address may come after the service at boot, and
 * systemd-networkd, netplan and a reload of the firewall take away what is not theirs. `pod-routes check FILE` exits 0 if all is as FILE says,
 * and names what is missing otherwise. `pod-routes down FILE` takes all of it away.
 */
export function podRoutesScriptFile(): ComponentFile {
  return { path: podRoutesScript, mode: 0o755, content: text };
}

const text = `#!/bin/sh
# Managed by k8sup. Usage: pod-routes keep|check|down FILE
set -eu
LC_ALL=C; export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
action=$1 file=$2

filter=$(sed -n 's/^filter //p' "$file")
value() { sed -n "/$not/d; s/^$1 //p" "$file"; }

# Whether pods have addresses of $family; sets what differs by it. Without own ones to hide there are no rules in it.
choose() {
  case $family in
    6) nft=ip6 iptables=ip6tables multicast=ff00::/8 not='^[^:]*$' ;;
    *) nft=ip iptables=iptables multicast=224.0.0.0/4 not=: ;;
  esac
  own=$(value own) pods=$(value pods)
  [ -n "$pods" ]
}

routes_up() {
  value route | while read -r cidr via; do
    ip "-$family" route replace "$cidr" via "$via" proto ${routeProtocol}
  done
  ip "-$family" route show proto ${routeProtocol} | while read -r cidr rest; do
    if ! value route | grep -q "^$cidr "; then ip "-$family" route delete "$cidr" proto ${routeProtocol}; fi
  done
}

# What leaves the pod network gets the host's address, but for blocks that are to see pods' own.
nft_up() {
  nft -f - <<RULES
table $nft k8sup
delete table $nft k8sup
table $nft k8sup {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
$(value keep | sed "s/.*/    $nft daddr & return/")
    $nft saddr $own $nft daddr != { $pods, $multicast } masquerade
  }
}
RULES
}

tables() { "$iptables" -w "$@"; }

has() { tables -t "$1" -C "$2" -m comment --comment 'k8sup pod network' -j "$3" 2>/dev/null; }

jump() {
  has "$@" || tables -t "$1" -A "$2" -m comment --comment 'k8sup pod network' -j "$3"
}

iptables_up() {
  tables -t nat -N K8SUP-POSTROUTING 2>/dev/null || tables -t nat -F K8SUP-POSTROUTING
  tables -t nat -A K8SUP-POSTROUTING ! -s "$own" -j RETURN
  tables -t nat -A K8SUP-POSTROUTING -d "$pods" -j RETURN
  for cidr in $(value keep) "$multicast"; do tables -t nat -A K8SUP-POSTROUTING -d "$cidr" -j RETURN; done
  tables -t nat -A K8SUP-POSTROUTING -j MASQUERADE
  jump nat POSTROUTING K8SUP-POSTROUTING
  tables -N K8SUP-FORWARD 2>/dev/null || tables -F K8SUP-FORWARD
  tables -A K8SUP-FORWARD -s "$pods" -j ACCEPT
  tables -A K8SUP-FORWARD -d "$pods" -j ACCEPT
  jump filter FORWARD K8SUP-FORWARD
}

missing_routes() {
  value route | while read -r cidr via; do
    if ! ip "-$family" route show "$cidr" proto ${routeProtocol} | grep -q "via $via "; then
      echo "there is no route to $cidr via $via"
    fi
  done
}

check_family() {
  missing=$(missing_routes)
  if [ -n "$missing" ]; then echo "$missing"; status=1; fi
  if [ -z "$own" ]; then :
  elif [ "$filter" = nft ]; then
    nft list chain "$nft" k8sup postrouting 2>/dev/null | grep -q masquerade || { echo 'the masquerade rule is missing'; status=1; }
  else
    has nat POSTROUTING K8SUP-POSTROUTING && tables -t nat -C K8SUP-POSTROUTING -j MASQUERADE 2>/dev/null ||
      { echo 'the masquerade rule is missing'; status=1; }
    has filter FORWARD K8SUP-FORWARD && tables -C K8SUP-FORWARD -d "$pods" -j ACCEPT 2>/dev/null ||
      { echo 'the rule that lets pod traffic be forwarded is missing'; status=1; }
  fi
}

check() {
  status=0
  for family in 4 6; do if choose; then check_family; fi; done
  return "$status"
}

unjump() { if has "$@"; then tables -t "$1" -D "$2" -m comment --comment 'k8sup pod network' -j "$3"; fi; }

drop() { tables -t "$1" -F "$2" 2>/dev/null && tables -t "$1" -X "$2"; }

rules_down() {
  if [ "$filter" = nft ]; then
    nft delete table "$nft" k8sup
  else
    unjump nat POSTROUTING K8SUP-POSTROUTING
    unjump filter FORWARD K8SUP-FORWARD
    drop nat K8SUP-POSTROUTING
    drop filter K8SUP-FORWARD
  fi
}

down_family() {
  ip "-$family" route flush proto ${routeProtocol}
  [ -z "$own" ] || rules_down
}

down() { for family in 4 6; do if choose; then down_family; fi; done; }

up_family() {
  routes_up
  # Those that an earlier file asked for.
  if [ -z "$own" ]; then rules_down >/dev/null 2>&1 || :
  elif [ "$filter" = nft ]; then nft_up
  else iptables_up; fi
}

up() { for family in 4 6; do if choose; then up_family; fi; done; }

# A failed attempt ends in systemd's restart, which the journal shows; what is found missing later is told there too.
keep() {
  up
  while :; do
    sleep ${lookSeconds} &
    wait $!
    check || up
  done
}

case $action in
  keep) keep ;;
  check) check ;;
  down) down ;;
  *) echo 'usage: pod-routes keep|check|down FILE' >&2; exit 64 ;;
esac
`;
