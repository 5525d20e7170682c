import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';
import { editText } from './replace-text.ts';

export interface SwapSpec {
  /** In a container the swap in use is the machine's, and is left alone; only the host's own fstab is. */
  readonly container: boolean;
  /** Default `/etc/fstab`. */
  readonly fstab?: string;
}

export interface SwapState {
  readonly used: readonly string[];
  /** Devices of fstab lines that are not commented out. */
  readonly configured: readonly string[];
}

/** Keeps swap off: now, and after a reboot by commenting out its lines in fstab and by masking units that come from elsewhere. */
export function swapOff(spec: SwapSpec): Resource<SwapState> {
  const fstab = spec.fstab ?? '/etc/fstab';
  return {
    id: 'swap:off',
    probe: sh`${spec.container ? rawShell(':') : readSwaps} | while read -r device _; do echo "used $device"; done
[ ! -e ${fstab} ] || while read -r device _ type _ || [ -n "$device" ]; do
  case $device in ''|'#'*) ;; *) [ "$type" != swap ] || echo "configured $device" ;; esac
done < ${fstab}`,
    parse: parseSwap,
    diff: diffSwap,
    apply: { script: sh`${spec.container ? rawShell(':') : stopSwap}\n${commentOut(fstab)}`, timeoutSeconds: 300 },
  };
}

/** `$name` is the device, `$value` its priority; one that the kernel chose itself is below zero. */
export const undoSwap: Sh = rawShell(`if ! grep -qF -- "$name " /proc/swaps; then
  case $value in -*) swapon -- "$name" ;; *) swapon -p "$value" -- "$name" ;; esac
fi`);

/** `$name` is a swap unit that was masked. */
export const undoSwapUnit: Sh = rawShell(`systemctl unmask --quiet "$name"`);

/** `$name` is the fstab. */
export const undoFstabSwap: Sh = sh`if [ -e "$name" ]; then
${editText(rawShell('"$name"'), sh`${'s/^#k8sup# //'}`)}
fi`;

const readSwaps = rawShell('tail -n +2 /proc/swaps');

/** Units of fstab lines go with the lines; others (a generator's, for a partition or for compressed memory) would come back at the next boot. */
const stopSwap = rawShell(`tail -n +2 /proc/swaps | while read -r device _ _ _ priority; do
  k8sup_own swap "$device" "$priority"
  unit=$(systemd-escape --path --suffix=swap -- "$device")
  case $(systemctl show -p LoadState,SourcePath "$unit" 2>/dev/null) in
    *SourcePath=/etc/fstab*|*LoadState=not-found*|'') ;;
    *) k8sup_own swap-unit "$unit" unmasked; systemctl mask --quiet "$unit" ;;
  esac
  swapoff -- "$device"
done`);

function commentOut(fstab: string): Sh {
  const line = '[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]].*)?';
  return sh`if grep -qsE ${`^${line}$`} ${fstab}; then
k8sup_own fstab-swap ${fstab} commented
${editText(sh`${fstab}`, sh`${`s/^(${line})$/#k8sup# \\1/`}`)}
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi`;
}

function parseSwap(output: string): SwapState {
  const of = (kind: string): readonly string[] =>
    output
      .split('\n')
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.slice(kind.length + 1));
  return { used: of('used'), configured: of('configured') };
}

function diffSwap(state: SwapState): readonly Change[] {
  const changes: Change[] = [];
  if (state.used.length > 0) changes.push({ path: 'used', from: state.used.join(', '), to: 'off', effect: 'update' });
  if (state.configured.length > 0) {
    changes.push({ path: 'fstab', from: state.configured.join(', '), to: 'commented out', effect: 'update' });
  }
  return changes;
}
