import type { RunEvent } from '../engine/events.ts';
import { drawStage, marginOf } from './live-stage.ts';
import type { ReporterSettings } from './reporter.ts';
import type { Sink } from './sink.ts';
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
  { settings, style, out, overall }: { settings: ReporterSettings; style: Style; out: Sink; overall: () => string },
): ScreenStage {
  const begun = settings.now();
  const view = openStageView(start, settings.now);
  const plan: RunEvent[] = [start];
  let last = '';
  let finish: (ok: boolean) => void = () => undefined;
  const over = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
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
    draw: () =>
      drawStage(
        { frame: () => view.live(roomOf(settings, style), overall()), last: () => last, over },
        { out, style, columns: () => columnsOf(settings.out) },
      ),
  };
}

/** Rows of the live view: enough to see what goes on, few enough to leave what was said before in sight. */
const liveRows = 12;

/** The terminal as it is now: it may have been resized. A view that is at most half as high still fits when a resize breaks each of its lines in two. */
function roomOf(settings: ReporterSettings, style: Style): Room {
  const { rows = 24 } = settings.out as { readonly rows?: number };
  const width = (columnsOf(settings.out) ?? settings.columns) - marginOf(style);
  return {
    style: { ...style, columns: Math.max(width, 20) },
    rows: Math.min(liveRows, Math.max(6, Math.floor(rows / 2))),
  };
}

/** Undefined for what is no terminal. */
function columnsOf(out: NodeJS.WritableStream): number | undefined {
  return (out as { readonly columns?: number }).columns;
}
