import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** Where {@link unitInputsText} lies on a host. */
export const unitInputsScript = '/opt/k8sup/lib/unit-inputs';

/**
 * Where systemd finds `UNIT.d/*.conf`, which others lay over a unit (systemd.unit(5)). Without the folders of `systemctl set-property`: what is written
 * there takes effect at once.
 */
export const dropInFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
] as const;

/** Succeeds where the file is one of those that the unit was started with, and is as it was then. */
export function startedWith(unit: string, file: string): Sh {
  // What is no input any more is told too, so that the other inputs are among the names.
  return sh`(
changed=$(${unitInputsScript} compare ${unit} ${file}) || exit 1
case " $changed " in ' none '|*${` ${file} `}*) exit 1 ;; esac
)`;
}

/**
 * The helper that units call before they start (`record UNIT FILE…`), and that probes call (`compare UNIT FILE…`: prints the files that differ from what was
 * recorded, `none` where nothing was). The unit file and its drop-ins always count; a unit file that systemd has not read again since it was changed is
 * recorded as such, since the process gets the old flags. Small files count by their content. Big ones count by inode, size and time: they are only ever replaced
 * by a move, and hashing a hundred megabytes at each start would delay it.
 */
export const unitInputsText = `#!/bin/sh
# Written by k8sup: keeps what a unit was started with, so that a changed input restarts it and an unchanged one never does.
set -eu
mode=$1 unit=$2; shift 2
recorded=/run/k8sup/$unit.inputs
set -- "/etc/systemd/system/$unit" "$@"
for folder in ${dropInFolders.join(' ')}; do
  for file in "$folder/$unit.d"/*.conf; do [ ! -e "$file" ] || set -- "$@" "$file"; done
done
state() {
  for file in "$@"; do
    if [ ! -e "$file" ]; then echo "$file absent"; continue; fi
    size=$(stat -L -c %s "$file")
    if [ "$size" -gt 1048576 ]; then stat -L -c '%n %i-%s-%Y' "$file"
    else sum=$(sha256sum < "$file"); echo "$file \${sum%% *}"; fi
  done
}
case $mode in
record)
  mkdir -p -m 0700 /run/k8sup
  { if [ "$(systemctl show -p NeedDaemonReload --value "$unit" 2>/dev/null)" = yes ]; then echo "$1 not-read"; shift; fi
    state "$@"; } > "$recorded.new"
  mv -f "$recorded.new" "$recorded" ;;
compare)
  if [ ! -e "$recorded" ]; then echo none; exit 0; fi
  separator=
  state "$@" | while IFS= read -r line; do
    if ! grep -qxF -- "$line" "$recorded"; then printf '%s%s' "$separator" "\${line% *}"; separator=' '; fi
  done
  # An input that is no longer one also changes what the process should have been started with.
  cut -d ' ' -f 1 "$recorded" | while IFS= read -r file; do
    case " $* " in *" $file "*) ;; *) printf ' %s' "$file" ;; esac
  done ;;
esac
`;
