import type { ProgramPackage } from '../host/facts/programs.ts';
import { searchMore } from '../shell/program-path.ts';
import { lines, rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/** Keeps programs on the path; only packages of those that are missing are installed, by the host's own package manager. */
export function programs(wanted: readonly ProgramPackage[]): Resource<readonly string[]> {
  const names = wanted.map(({ program }) => program);
  return {
    id: 'programs:host',
    probe: sh`${searchMore}
for program in ${names}; do command -v "$program" >/dev/null || echo "$program"; done`,
    parse: (output) => output.split('\n').filter((name) => name !== ''),
    diff: (missing) =>
      missing.length === 0 ? [] : [{ path: 'programs', from: 'missing', to: missing.join(', '), effect: 'create' }],
    apply: { script: install(wanted), timeoutSeconds: 600 },
  };
}

/**
 * `$value` are the packages that k8sup brought; they go together, and only if nothing else has come to need them: dpkg and rpm refuse then, where
 * the package managers above them would take the others away too.
 */
export const undoPackages: Sh = rawShell(`case $name in
  apt:*) DEBIAN_FRONTEND=noninteractive dpkg --purge $value >/dev/null 2>&1 ;;
  *) rpm -e $value >/dev/null 2>&1 ;;
esac || echo "these packages stay, because something else needs them: $value"`);

function install(wanted: readonly ProgramPackage[]): Sh {
  const packagesFor = (manager: 'apt' | 'dnf' | 'zypper'): Sh =>
    lines(wanted.map((each) => sh`command -v ${each.program} >/dev/null || need "${rawShell(each[manager])}"`));
  return sh`${searchMore}
need() { case " $packages " in *" $1 "*) ;; *) packages="\${packages:+$packages }$1" ;; esac; }
missing=
for program in ${wanted.map(({ program }) => program)}; do command -v "$program" >/dev/null || missing="\${missing:+$missing }$program"; done
[ -n "$missing" ] || exit 0
packages=
no_way() { echo "programs are missing on this host: $missing"; echo "$1"; echo "install the packages that bring them ($packages), or give the host a package source that it can reach"; exit 1; }
${installPackages(packagesFor)}
hash -r
for program in $missing; do command -v "$program" >/dev/null || no_way "$packages did not bring $program"; done`;
}

/**
 * Installs `$packages` by what the host has, and records those that come, so that {@link undoPackages} takes them off again. The function `no_way TEXT`
 * must be there, which ends the script.
 *
 * @param choose - sets `$packages` for one package manager.
 */
export function installPackages(choose: (manager: 'apt' | 'dnf' | 'zypper') => Sh): Sh {
  return sh`own() { [ -z "$2" ] || k8sup_own packages "$1:\${packages%% *}" "$2"; }
own_rpms() { own rpm "$(for package in $packages; do rpm -q "$package" >/dev/null 2>&1 || printf '%s ' "$package"; done)"; }
log=$(mktemp); trap 'rm -f "$log"' EXIT
if command -v apt-get >/dev/null; then
${choose('apt')}
${installApt}
elif command -v dnf >/dev/null || command -v yum >/dev/null; then
${choose('dnf')}
manager=$(command -v dnf || command -v yum)
own_rpms
"$manager" install -y -q $packages >"$log" 2>&1 || no_way "$manager says: $(tail -n 3 "$log")"
elif command -v zypper >/dev/null; then
${choose('zypper')}
own_rpms
zypper --non-interactive --quiet install --no-recommends $packages >"$log" 2>&1 || no_way "zypper says: $(tail -n 3 "$log")"
else no_way 'there is no package manager that k8sup knows (apt-get, dnf, yum, zypper)'; fi`;
}

/**
 * apt can say beforehand which packages will come, so what they pull in is recorded as well: `Inst NAME (VERSION …)`, where one that is only upgraded, and so
 * stays the host's, is `Inst NAME [OLD] (VERSION …)`. A file of the operator's own is kept without a question, as nobody is there to answer one.
 */
const installApt = rawShell(`export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"; }
plan() { apt -s install --no-install-recommends $packages >"$log" 2>&1; }
plan || { apt update >/dev/null 2>&1 || :; plan; } || no_way "apt-get says: $(grep '^E:' "$log" | head -n 3)"
planned() { sed -n "s/^$1 \\([^ ]*\\) $2.*/\\1/p" "$log" | tr '\\n' ' '; }
gone=$(planned Remv)
[ -z "$gone" ] || no_way "apt-get would take away for them what k8sup could not bring back: $gone"
own apt "$(planned Inst '(')"
install() { apt install --no-install-recommends --no-remove $packages >"$log" 2>&1; }
install || { apt update >/dev/null 2>&1 || :; install; } || no_way "apt-get says: $(grep '^E:' "$log" | head -n 3)"`);
