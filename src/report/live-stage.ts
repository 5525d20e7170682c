import {
  DefaultRenderer,
  Listr,
  ListrDefaultRendererLogLevels as Level,
  ListrLogger,
  ProcessOutput,
  Spinner,
} from 'listr2';
import type { Style } from './style.ts';

/** One stage on the terminal; only drawn here, never run. */
export interface LiveStage {
  /** What to show now, with line breaks: the live view, and the last line once the stage is over. */
  frame(): string;
  /** Resolves with whether the stage ended well. */
  readonly over: Promise<boolean>;
}

export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  readonly style: Style;
}

/**
 * Draws a stage until it is over, and leaves its last frame with a mark of success or failure. The renderer repaints ten times a second however fast
 * events come, and signals are left alone: the run owns them.
 */
export async function drawStage(stage: LiveStage, terminal: Terminal): Promise<void> {
  const options = rendererOptions(terminal);
  const list = new Listr<unknown, typeof DefaultRenderer, typeof DefaultRenderer>(
    {
      title: stage.frame(),
      task: async (_, task) => {
        const paint = (): void => {
          const frame = stage.frame();
          if (frame !== task.title) task.title = frame;
        };
        const timer = setInterval(paint, repaintMs);
        const ok = await stage.over.finally(() => clearInterval(timer));
        paint();
        if (!ok) throw new StageFailed();
      },
    },
    {
      renderer: DefaultRenderer,
      rendererOptions: options,
      // Chosen by the caller: listr2 would look at process.stdout only.
      fallbackRenderer: DefaultRenderer,
      fallbackRendererOptions: options,
      registerSignalListeners: false,
    },
  );
  try {
    await list.run();
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
  }
}

/** Columns that listr2 takes for itself: it keeps the last two free. */
export const reservedColumns = 2;

const repaintMs = 100;

/** Tells listr2 to mark the stage as failed; goes no further than this file. */
class StageFailed extends Error {}

class AsciiSpinner extends Spinner {
  protected override readonly spinner = ['-', '\\', '|', '/'];
}

function rendererOptions({ out, err, style }: Terminal): (typeof DefaultRenderer)['rendererOptions'] {
  const { colors, symbols } = style;
  const paint = (color: (text: string) => string) => (text?: string) => color(text ?? '');
  return {
    logger: new ListrLogger<Level>({
      useIcons: true,
      toStderr: [],
      processOutput: new ProcessOutput(asWriteStream(out), asWriteStream(err), { leaveEmptyLine: false }),
    }),
    // The frame is cut to the terminal already; a failure is told by its frame.
    formatOutput: 'truncate',
    showErrorMessage: false,
    // The first frame comes before the task has begun to spin.
    icon: {
      [Level.COMPLETED]: symbols.ok,
      [Level.FAILED]: symbols.failed,
      [Level.WAITING]: style.unicode ? '⠋' : '-',
    },
    color: {
      [Level.COMPLETED]: paint(colors.green),
      [Level.FAILED]: paint(colors.red),
      [Level.PENDING]: paint(colors.cyan),
      [Level.WAITING]: paint(colors.cyan),
    },
    ...(style.unicode ? {} : { spinner: new AsciiSpinner() }),
  };
}

/** ListrLogger only writes, and reads `columns` and `rows` where there are any. */
function asWriteStream(stream: NodeJS.WritableStream): NodeJS.WriteStream {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- listr2 asks for more than it uses
  return stream as NodeJS.WriteStream;
}
