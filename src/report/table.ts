import { cut, textWidth } from './width.ts';

export interface TableOptions {
  /** Columns the table may fill; the widest cells are cut to fit. */
  readonly columns: number;
  /** The sign for a cut; default `…`. */
  readonly more?: string;
  /** Spaces before each line; default 0. */
  readonly indent?: number;
  /** Given each finished cell, for colours. */
  readonly paint?: (cell: string, row: number, column: number) => string;
}

/** Rows as aligned columns, two spaces apart; no line is longer than the options say. Cells must be safe to print and without colours. */
export function table(rows: readonly (readonly string[])[], options: TableOptions): string {
  const { indent = 0, more = '…', paint = (cell: string) => cell } = options;
  const widths = fit(natural(rows), options.columns - indent);
  const lines = rows.map((row, rowIndex) => {
    const cells = row.map((cell, index) => {
      const width = widths[index] ?? 0;
      const text = cut(cell, width, more);
      const painted = paint(text, rowIndex, index);
      return index === row.length - 1 ? painted : painted + ' '.repeat(width - textWidth(text));
    });
    return ' '.repeat(indent) + cells.join('  ').trimEnd();
  });
  return lines.join('\n');
}

function natural(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, index) => Math.max(0, ...rows.map((row) => textWidth(row[index] ?? ''))));
}

/** Narrows the widest column until all fit; below this a column tells nothing any more. */
const narrowest = 8;

function fit(widths: number[], room: number): number[] {
  const fitted = [...widths];
  const gaps = 2 * Math.max(0, fitted.length - 1);
  for (let over = fitted.reduce((sum, width) => sum + width, gaps) - room; over > 0; over -= 1) {
    const widest = fitted.indexOf(Math.max(...fitted));
    const width = fitted[widest];
    if (width === undefined || width <= narrowest) break;
    fitted[widest] = width - 1;
  }
  return fitted;
}
