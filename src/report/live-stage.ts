import type { Sink } from './sink.ts';
import type { Style } from './style.ts';
import { textWidth } from './width.ts';

/** One stage on the terminal; only drawn here, never run. */
export interface LiveStage {
  /** What to show now: the lines of the live view. */
  frame(): readonly string[];
  /** The line that stays. */
  last(): string;
  /** Resolves with whether the stage ended well. */
  readonly over: Promise<boolean>;
}

export interface Terminal {
  readonly out: Sink;
  readonly style: Style;
  /** Columns of the terminal as it is now; undefined where there is none, and then only the line that stays is written. */
  readonly columns: () => number | undefined;
}

/**
 * Draws a stage until it is over, and leaves its last line with a mark of success or failure. It repaints ten times a second however fast events come,
 * in one write each. When the terminal was resized it has laid out the lines anew: those that became too long take several rows then.
 */
export async function drawStage(stage: LiveStage, terminal: Terminal): Promise<void> {
  const { out, style } = terminal;
  const { colors, symbols } = style;
  const isLive = terminal.columns() !== undefined;
  let drawn: readonly string[] = [];
  let tick = 0;
  const paint = (): void => {
    const [head = '', ...others] = stage.frame();
    const lines = [markLine(colors.cyan(spinner(style, tick)), head, style), ...others.map((line) => `  ${line}`)];
    tick += 1;
    out.write(erase(drawn, terminal.columns()) + lines.join('\n'));
    drawn = lines;
  };
  if (isLive) out.write(hideCursor);
  if (isLive) paint();
  const timer = isLive ? setInterval(paint, repaintMs) : undefined;
  const ok = await stage.over.finally(() => clearInterval(timer));
  const mark = ok ? colors.green(symbols.ok) : colors.red(symbols.failed);
  const left = `${markLine(mark, stage.last(), style)}\n`;
  out.write(isLive ? `${erase(drawn, terminal.columns())}${left}${showCursor}` : left);
}

/** Columns before the text of a line, and the last one, at which some terminals wrap already. */
export function marginOf(style: Style): number {
  return style.symbols.ok.length + 2;
}

const repaintMs = 100;
const [hideCursor, showCursor] = ['\u001b[?25l', '\u001b[?25h'];
const [eraseLine, lineUp, lineStart] = ['\u001b[2K', '\u001b[1A', '\u001b[G'];

/** Takes away lines that end at the cursor, and leaves the cursor where they began. */
function erase(lines: readonly string[], columns = Infinity): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
  return `${`${eraseLine}${lineUp}`.repeat(Math.max(0, rows - 1))}${eraseLine}${lineStart}`;
}

function markLine(mark: string, text: string, { symbols }: Style): string {
  return `${mark}${' '.repeat(Math.max(0, symbols.ok.length - textWidth(mark)))} ${text}`;
}

function spinner({ unicode }: Style, tick: number): string {
  const signs = unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '-\\|/';
  return signs.charAt(tick % signs.length);
}
