import type { RunEvent } from '../engine/events.ts';
import { drawStage, reservedColumns } from './live-stage.ts';
import type { ReporterSettings } from './reporter.ts';
import { asciiOnly } from './sink.ts';
import { openStageView } from './stage-view.ts';
import type { Room } from './stage-view.ts';
import type { Style } from './style.ts';

/** The stage that runs, on the screen. */
export interface ScreenStage {
  readonly begun: number;
  /** The stage's start, changes and pending resources so far. */
  readonly plan: readonly RunEvent[];
  see(event: RunEvent): void;
  close(end: StageEnd): void;
  /** Draws until the stage is closed. */
  draw(): Promise<void>;
}

export type StageEnd = Pick<Extract<RunEvent, { type: 'stage-end' }>, 'ok' | 'changed' | 'durationMs'>;

type StageStart = Extract<RunEvent, { type: 'stage-start' }>;

/** @param options - `overall` tells how far the run is. */
export function openScreenStage(
  start: StageStart,
  { settings, style, overall }: { settings: ReporterSettings; style: Style; overall: () => string },
): ScreenStage {
  const begun = settings.now();
  const view = openStageView(start, settings.now);
  const plan: RunEvent[] = [start];
  let last: string | undefined;
  let finish: (ok: boolean) => void = () => undefined;
  const over = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  const frame = (): string => {
    const text = last ?? view.live(roomOf(settings, style), overall()).join('\n');
    return style.unicode ? text : asciiOnly(text);
  };
  return {
    begun,
    plan,
    see: (event) => {
      if (event.type === 'change' || event.type === 'pending') plan.push(event);
      view.see(event);
    },
    close: (end) => {
      last = view.last(end, roomOf(settings, style));
      finish(end.ok);
    },
    draw: () => drawStage({ frame, over }, { out: settings.out, err: settings.err, style }),
  };
}

/** Rows of the live view: enough to see what goes on, few enough to leave what was said before in sight. */
const liveRows = 12;

/** The terminal as it is now: it may have been resized. The mark before each line and listr2's own margin are taken off. */
function roomOf(settings: ReporterSettings, style: Style): Room {
  const { columns, rows } = settings.out as { readonly columns?: number; readonly rows?: number };
  const width = (columns ?? settings.columns) - style.symbols.ok.length - 1 - reservedColumns;
  return { style: { ...style, columns: Math.max(width, 20) }, rows: Math.min(liveRows, (rows ?? 24) - 2) };
}
