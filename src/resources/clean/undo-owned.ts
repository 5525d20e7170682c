import { rawShell } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { leftMark } from '../left-mark.ts';
import { kernelUndo } from './undo-kernel.ts';

/**
 * How each kind of the ownership manifest is taken back. In a snippet `$name` and `$value` are the manifest's fields; it runs in a subshell with
 * `set -e`, and what it cannot undo it must fail for, so that the line stays and the next clean tries again.
 */
export const ownedUndo: Readonly<Record<string, Sh>> = {
  ...kernelUndo,
  file: rawShell(`rm -f -- "$name.k8sup-new"
if [ "$value" = absent ]; then rm -f -- "$name"
else rm -f -- "$name.k8sup-old"; cp -a -- "$value" "$name.k8sup-old"; mv -fT -- "$name.k8sup-old" "$name"; fi`),
  path: rawShell(`[ "$value" = kept ] || rm -rf --one-file-system -- "$name"`),
  dir: rawShell(
    `[ ! -d "$name" ] || rmdir -- "$name" 2>/dev/null || { [ -n "$(ls -A -- "$name")" ] && echo "${leftMark}$name is kept: it holds files that k8sup did not make"; }`,
  ),
  'empty-dir': rawShell(`[ "$value" = kept ] || [ ! -d "$name" ] || rmdir -- "$name" 2>/dev/null || :`),
  attributes: rawShell(`[ ! -d "$name" ] || k8sup_give_back "$name" $value`),
  tree: rawShell(`link=; [ ! -L "$name" ] || link=yes
name=$(readlink -m -- "$name")
if [ -d "$name" ]; then
  IFS='
'; set -f; set --
  for point in $(awk -v t="$name" '{ p=$5; gsub(/\\\\040/, " ", p); if (index(p, t "/") == 1) print $5 }' /proc/self/mountinfo); do
    grep -qF -- "$(printf 'kept-mount\\t%s\\t' "$point")" "$manifest" || { echo "mounted below $name: $point" >&2; exit 1; }
    point=$(printf '%b' "$(printf %s "$point" | sed 's/\\\\\\([0-7][0-7][0-7]\\)/\\\\0\\1/g')" | sed 's/[][*?\\\\]/\\\\&/g')
    set -- "$@" -path "$point" -prune -o
  done
  case $value in kept*) if [ -d "$name/lost+found" ]; then
    set -- "$@" -path "$(printf %s "$name" | sed 's/[][*?\\\\]/\\\\&/g')/lost+found" -prune -o
  fi ;; esac
  if [ $# -eq 0 ]; then find "$name" -xdev -mindepth 1 -delete
  else
    find "$name" -xdev -mindepth 1 "$@" ! -type d -exec rm -f -- {} +
    find "$name" -xdev -mindepth 1 "$@" -type d -print0 | LC_ALL=C sort -rz | xargs -0 -r rmdir --ignore-fail-on-non-empty --
  fi
  if [ "$value" = fresh ] && ! awk -v t="$name" '$5 == t { found=1 } END { exit !found }' /proc/self/mountinfo; then rmdir -- "$name"; fi
  # An earlier k8sup recorded the mode of the link, which is always 777.
  IFS=' '
  case $link$value in 'kept '*) k8sup_give_back "$name" \${value#kept } ;; esac
fi`),
  // Needed for as long as its tree is: without it the next clean would unmount it.
  'kept-mount': rawShell(
    `! name=$name awk -F '\\t' '$1 == "tree" && index(ENVIRON["name"], $2 "/") == 1 { found=1 } END { exit !found }' "$manifest"`,
  ),
  link: rawShell(`if [ -e "/sys/class/net/$name" ]; then
  for port in "/sys/class/net/$name/brif/"*; do
    [ -e "$port" ] || continue
    case \${port##*/} in veth*) ip link delete "\${port##*/}" 2>/dev/null || : ;; esac
  done
  ip link delete "$name"
fi
k8sup_take_rules '' "$name"`),
  links: rawShell(`for link in "/sys/class/net/$name"*; do
  [ -e "$link" ] || continue
  if [ -n "$value" ]; then
    kind=; for type in $value; do [ -z "$(ip -o link show dev "\${link##*/}" type "$type" 2>/dev/null)" ] || kind=$type; done
    [ -n "$kind" ] || continue
  fi
  # The other end of a pair may have gone with it.
  ip link delete "\${link##*/}" || [ ! -e "$link" ]
done`),
  // It cannot be deleted, and goes with its module alone; where somebody else's tunnel still uses that, it stays, without our address.
  'module-link': rawShell(`if [ "$value" != kept ] && [ -e "/sys/class/net/$name" ]; then
  ip address flush dev "$name"
  ip link set "$name" down
  modprobe -r "$value" 2>/dev/null || :
fi`),
  // Without a family, ip lists IPv4 routes alone.
  routes: rawShell(`case $name in *:*) family=-6 ;; *) family=-4 ;; esac
ip $family -o route show root "$name" | while read -r route rest; do
  case $route in
    blackhole|unreachable|prohibit|throw) ip $family route delete "$route" "\${rest%% *}" || : ;;
    *) ip $family route delete "$route" || : ;;
  esac
done
[ -z "$(ip $family -o route show root "$name")" ]`),
  // The kernel's policies that send a block's packets through IPsec; without such a kernel there are none.
  xfrm: rawShell(`! ip xfrm policy >/dev/null 2>&1 || ip xfrm policy deleteall src "$name" dst "$name"`),
  // Of both families; a table without a route counts as none.
  'route-table': rawShell(`for family in -4 -6; do
  while ip $family rule delete lookup "$name" 2>/dev/null; do :; done
  ip $family route flush table "$name" 2>/dev/null || :
done`),
  // Rules in chains of others, by how their comment begins.
  rules: rawShell(`k8sup_take_rules '' '' "$name"`),
  mount: rawShell(`! mountpoint -q -- "$name" || umount -- "$name"`),
  'nft-table': rawShell(
    `if command -v nft >/dev/null && nft list table $name >/dev/null 2>&1; then nft delete table $name; fi`,
  ),
  policy: rawShell(`[ -z "$value" ] || iptables -P "$name" "$value"`),
  policy6: rawShell(`[ -z "$value" ] || ip6tables -P "$name" "$value"`),
  netns: rawShell(
    `for ns in /run/netns/"$name"*; do [ -e "$ns" ] || continue; umount -- "$ns" 2>/dev/null || :; rm -f -- "$ns"; done`,
  ),
  chains: rawShell(`k8sup_take_rules "$name" ''`),
  // Stopped and disabled before all else (see stopAll); a unit that was there before comes back once its file has.
  // An earlier k8sup recorded only whether it was enabled.
  unit: rawShell(`case $value in enabled|*' enabled'|'active '*|'activating '*|'reloading '*) systemctl daemon-reload ;; *) exit 0 ;; esac
# Its package may have been taken off since.
systemctl cat "$name" >/dev/null 2>&1 || exit 0
case $value in enabled|*' enabled') systemctl enable --quiet "$name" ;; esac
case $value in 'active '*|'activating '*|'reloading '*) systemctl start "$name" ;; esac`),
  runtime: rawShell(':'),
};

/** The shell function `k8sup_give_back PATH MODE [UID:GID]`; the owner first, as a change of owner takes set-id bits away. */
export const giveBack: Sh = rawShell(
  `k8sup_give_back() { [ -z "\${3-}" ] || chown -- "$3" "$1"; chmod -- "$2" "$1"; }`,
);

/**
 * The shell function `k8sup_take_rules PREFIX LINK COMMENT`: deletes the chains whose names begin with PREFIX together with every rule that jumps to them, and the
 * rules of other chains that name LINK or whose comment begins with COMMENT, in the tables of all four kinds of iptables. No table is flushed, and none that is empty is brought into being.
 */
export const takeRules: Sh = rawShell(`k8sup_take_rules() {
  for tool in iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft; do
    command -v $tool-save >/dev/null || continue
    case $tool in *legacy) tables=ip_tables_names; case $tool in ip6*) tables=ip6_tables_names ;; esac; [ -s /proc/net/$tables ] || continue ;; esac
    saved=$($tool-save 2>/dev/null) || continue
    case $saved in *"$1$2\${3-}"*) ;; *) continue ;; esac
    printf '%s\\n' "$saved" | awk -v p="$1" -v l="$2" -v c="\${3-}" '
      function ours(name) { return p != "" && index(name, p) == 1 }
      /^\\*/ { table = substr($0, 2); if (n++) print "COMMIT"; print "*" table; next }
      /^:/ { chain = substr($1, 2); if (ours(chain)) { chains[++m] = chain; of[m] = table; print ":" chain " - [0:0]" } next }
      /^-A/ {
        if (ours($2)) next
        if (c != "") { if (index($0, "--comment \\"" c)) { sub(/^-A/, "-D"); print } next }
        for (i = 3; i < NF; i++) if ((($i == "-j" || $i == "-g") && ours($(i + 1))) || (($i == "-i" || $i == "-o") && l != "" && $(i + 1) == l)) { sub(/^-A/, "-D"); print; break }
        next }
      END { if (n) print "COMMIT"; for (i = 1; i <= m; i++) print "*" of[i] "\\n-X " chains[i] "\\nCOMMIT" }' | $tool-restore --noflush || return 1
  done
}`);
