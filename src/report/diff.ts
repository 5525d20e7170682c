import { createTwoFilesPatch } from 'diff';
import type { Style } from './style.ts';
import { redact } from './redact.ts';

/**
 * The difference of two texts as `diff -u` writes it, secrets taken out; empty when they are equal. An empty text counts as an absent file.
 * Texts too different to compare in good time give one line that says so.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const [from, to] = [redact(before), redact(after)];
  const [oldName, newName] = [before === '' ? '/dev/null' : path, after === '' ? '/dev/null' : path];
  const patch = createTwoFilesPatch(oldName, newName, from, to, undefined, undefined, {
    context: 3,
    maxEditLength: 3000,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
  const header = `--- ${oldName}\n+++ ${newName}\n`;
  if (from === to) return `${header}(only secrets differ)\n`;
  return patch ?? `${header}(${lineCount(before)} lines become ${lineCount(after)}: too different to show)\n`;
}

/** Colours a unified diff; its text must be safe already. */
export function paintDiff(diff: string, style: Style): string {
  const { colors } = style;
  const lines = diff.split('\n').map((line) => {
    if (line.startsWith('+++') || line.startsWith('---')) return colors.bold(line);
    if (line.startsWith('+')) return colors.green(line);
    if (line.startsWith('-')) return colors.red(line);
    return line.startsWith('@@') ? colors.cyan(line) : line;
  });
  return lines.join('\n');
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
