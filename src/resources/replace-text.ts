import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/**
 * Shell functions for small text files that have other writers too: `new_text FILE` begins a copy beside the file (its mode and owner kept) that is
 * filled with `>`, and `replace_text FILE` puts it in place. A rename does not work on a file that is mounted by itself, as containers have
 * /etc/hosts and /etc/hostname: such a file is written over.
 */
export const textFunctions: Sh =
  rawShell(`new_text() { rm -f -- "$1.k8sup-new"; cp -p -- "$1" "$1.k8sup-new" 2>/dev/null || : > "$1.k8sup-new"; }
replace_text() { mv -f -- "$1.k8sup-new" "$1" 2>/dev/null || { cat "$1.k8sup-new" > "$1"; rm -f -- "$1.k8sup-new"; }; }`);

/** Runs a sed expression over a text file. */
export function editText(path: Sh, expression: Sh): Sh {
  return sh`${textFunctions}
new_text ${path}
sed -E ${expression} ${path} > ${path}.k8sup-new
replace_text ${path}`;
}
