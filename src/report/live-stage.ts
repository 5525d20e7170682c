import { Listr } from 'listr2';
import type { ListrRenderer } from 'listr2';
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
 * Draws a stage until it is over, and leaves its last line with a mark of success or failure. listr2 holds the stage as its task and says when to begin and
 * to end; the lines are painted by a renderer of our own, since those of listr2 erase as many rows as they wrote, which leaves remains after a resize.
 * Signals are left alone: the run owns them.
 */
export async function drawStage(stage: LiveStage, terminal: Terminal): Promise<void> {
  const rendererOptions = { painter: openPainter(stage, terminal) };
  const list = new Listr<unknown, typeof StageRenderer, typeof StageRenderer>(
    {
      task: async () => {
        if (!(await stage.over)) throw new StageFailed();
      },
    },
    {
      renderer: StageRenderer,
      rendererOptions,
      // Chosen by the caller: listr2 would look at process.stdout only.
      fallbackRenderer: StageRenderer,
      fallbackRendererOptions: rendererOptions,
      registerSignalListeners: false,
    },
  );
  try {
    await list.run();
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
  }
}

/** Tells listr2 that the stage failed; goes no further than this file. */
class StageFailed extends Error {}

interface Painter {
  readonly begin: () => void;
  readonly finish: (ok: boolean) => void;
}

/** What listr2 asks of a renderer. */
class StageRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: { readonly painter: Painter };
  static rendererTaskOptions: never;
  readonly render: () => void;
  readonly end: (error?: Error) => void;

  constructor(_tasks: unknown, { painter }: { readonly painter: Painter }) {
    this.render = painter.begin;
    this.end = (error) => painter.finish(error === undefined);
  }
}

/** Repaints ten times a second however fast events come, in one write each. When the terminal was resized, lines that became too long take several rows. */
function openPainter(stage: LiveStage, terminal: Terminal): Painter {
  const { out, style } = terminal;
  const { colors, symbols } = style;
  const isLive = terminal.columns() !== undefined;
  let drawn: readonly string[] = [];
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;
  const paint = (): void => {
    const [head = '', ...others] = stage.frame();
    const lines = [markLine(colors.cyan(spinner(style, tick)), head, style), ...others.map((line) => `  ${line}`)];
    tick += 1;
    out.write(erase(drawn, terminal.columns()) + lines.join('\n'));
    drawn = lines;
  };
  return {
    begin: () => {
      if (!isLive) return;
      out.write(hideCursor);
      paint();
      timer = setInterval(paint, repaintMs);
    },
    finish: (ok) => {
      clearInterval(timer);
      const mark = ok ? colors.green(symbols.ok) : colors.red(symbols.failed);
      const left = `${markLine(mark, stage.last(), style)}\n`;
      out.write(isLive ? `${erase(drawn, terminal.columns())}${left}${showCursor}` : left);
    },
  };
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
