import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import { takeRules } from '../../resources/clean/undo-owned.ts';

export const tidyScript = `${paths.lib}/flannel-tidy`;

/**
 * `flannel-tidy NET-CONF FLAGS PODS [LINK…]` runs before flanneld: what it left under other settings goes, because it takes an interface of another MTU for its
 * own, and lets routes of another backend and rules it is no longer told of be. With the settings of its last start it touches nothing, so that pods do not feel
 * a restart. Links of flannel's other than LINK… always go.
 */
export function tidyScriptFile(): ComponentFile {
  return { path: tidyScript, mode: 0o755, content: text };
}

const text = `#!/bin/sh
# Managed by k8sup. Usage: flannel-tidy NET-CONF FLAGS PODS [LINK...]
set -eu
LC_ALL=C; export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
stamp=\${FLANNEL_STAMP:-/run/flannel/k8sup-settings} links=\${FLANNEL_LINKS:-/sys/class/net}
conf=$1 flags=$2 pods=$3
shift 3

${takeRules.sh}

now="$(sha256sum <"$conf") $flags"
before=
[ ! -f "$stamp" ] || IFS= read -r before <"$stamp" || :
[ "$now" != "$before" ] || exit 0

for path in "$links"/flannel*; do
  link=\${path##*/}
  [ -e "$path" ] || continue
  # Without a record of other settings the links of these are left as they are.
  if [ -z "$before" ]; then for keep in "$@"; do [ "$link" != "$keep" ] || continue 2; done; fi
  ip link delete "$link" || :
done

if [ -n "$before" ]; then
  echo "$pods" | tr , '\\n' | while read -r block; do
    case $block in *:*) family=-6 ;; *) family=-4 ;; esac
    ip "$family" route show root "$block" | while read -r cidr rest; do
      case $rest in via\\ *) ip "$family" route delete "$cidr" ;; esac
    done
    # What IPsec would still seal nobody opens.
    ip xfrm policy deleteall src "$block" dst "$block" 2>/dev/null || :
  done
  for table in ip:flannel-ipv4 ip6:flannel-ipv6; do
    if nft list table "\${table%%:*}" "\${table#*:}" >/dev/null 2>&1; then nft delete table "\${table%%:*}" "\${table#*:}"; fi
  done
  k8sup_take_rules FLANNEL- ''
fi

mkdir -p "\${stamp%/*}"
printf '%s\\n' "$now" >"$stamp"
`;
