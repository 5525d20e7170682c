import { stripVTControlCharacters } from 'node:util';

/** Columns that text takes in a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of stripVTControlCharacters(text)) width += charWidth(char);
  return width;
}

/** Cuts text without colours to at most `width` columns; `more` marks the cut. */
export function cut(text: string, width: number, more: string): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let room = width - textWidth(more);
  for (const char of text) {
    room -= charWidth(char);
    if (room < 0) break;
    kept += char;
  }
  return room + 1 > 0 || kept !== '' ? `${kept}${more}` : more.slice(0, Math.max(0, width));
}

/** Fills text with spaces up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function charWidth(char: string): number {
  if (/\p{Mark}/u.test(char)) return 0;
  return wide.test(char) ? 2 : 1;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
