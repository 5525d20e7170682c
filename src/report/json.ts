import { eventLine } from './event-line.ts';
import type { Reporter, ReporterSettings } from './reporter.ts';
import { openSink } from './sink.ts';
import { openTally } from './tally.ts';

/** One JSON object a line, the events as they come; the summary is held back to the end, so that it is always the last line. */
export function openJson(settings: ReporterSettings): Reporter {
  const out = openSink(settings.out);
  const tally = openTally(settings.now);
  return {
    emit: (event) => {
      tally.see(event);
      if (event.type !== 'summary') out.write(eventLine(event, settings.date()));
    },
    end: () => {
      out.write(eventLine({ type: 'summary', ...tally.summary() }, settings.date()));
      return out.flush();
    },
  };
}
