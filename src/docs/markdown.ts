/** A table; cells may hold Markdown, but no line breaks. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Plain text as a table's cell. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** Text in code type, as a table's cell; `<file>` needs no escape there. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
