import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { textFunctions } from './replace-text.ts';

/** Lines of k8sup's own in a file that belongs to the host. */
export interface TextBlock {
  readonly path: string;
  /** Says whose the block is; letters, digits, dots and dashes. */
  readonly mark: string;
  readonly lines: readonly string[];
}

/** The block with its markers, as it stands in the file. */
export function blockText(block: TextBlock): string {
  return `${begin(block.mark)}\n${block.lines.map((line) => `${line}\n`).join('')}${end(block.mark)}\n`;
}

/** Prints the block that is in the file, markers included; nothing where there is none. */
export function readBlock(block: TextBlock): Sh {
  return sh`[ ! -e ${block.path} ] || sed -n ${`/^${pattern(begin(block.mark))}$/,/^${pattern(end(block.mark))}$/p`} ${block.path}`;
}

/** Puts the block at the file's end, in the place of an older one. */
export function writeBlock(block: TextBlock): Sh {
  return sh`${textFunctions}
f=${block.path}
if [ ! -e "$f" ]; then last=absent
elif [ -s "$f" ] && [ -n "$(tail -c 1 "$f")" ]; then last=no-newline
else last=newline; fi
if [ "$(grep -cxsF -- ${begin(block.mark)} "$f")" != "$(grep -cxsF -- ${end(block.mark)} "$f")" ]; then
  echo "$f: the lines '"${begin(block.mark)}"' and '"${end(block.mark)}"' do not pair: put the missing one back, or take out what is between them"; exit 1
fi
k8sup_own text-block "$f" "$last "${block.mark}
new_text "$f"
{ if [ -e "$f" ]; then sed ${`/^${pattern(begin(block.mark))}$/,/^${pattern(end(block.mark))}$/d`} "$f"; fi
  if [ $last = no-newline ]; then echo; fi
  printf %s ${blockText(block)}
} > "$f.k8sup-new"
replace_text "$f"`;
}

/** `$name` is the file; `$value` how it ended before (`newline`, `no-newline`, `absent`) and the mark. Gives back the very bytes that were there. */
export const undoTextBlock: Sh = sh`${textFunctions}
if [ -e "$name" ]; then
  mark=\${value#* }
  if [ "$(grep -cxF -- "# k8sup begin $mark" "$name")" != "$(grep -cxF -- "# k8sup end $mark" "$name")" ]; then
    echo "$name: the lines '# k8sup begin $mark' and '# k8sup end $mark' do not pair" >&2; exit 1
  fi
  new_text "$name"
  sed "/^# k8sup begin $mark\$/,/^# k8sup end $mark\$/d" "$name" > "$name.k8sup-new"
  case $value in
    no-newline*) rest=$(cat "$name.k8sup-new"); printf %s "$rest" > "$name.k8sup-new" ;;
    absent*) if [ ! -s "$name.k8sup-new" ]; then rm -f -- "$name" "$name.k8sup-new"; exit 0; fi ;;
  esac
  replace_text "$name"
fi`;

function begin(mark: string): string {
  return `# k8sup begin ${mark}`;
}

function end(mark: string): string {
  return `# k8sup end ${mark}`;
}

function pattern(text: string): string {
  return text.replaceAll('.', '\\.');
}
