import { openErrorDesk } from './error-desk.ts';
import type { Reporter, ReporterSettings } from './reporter.ts';
import { openSink } from './sink.ts';
import { openStyle } from './style.ts';
import { warningLine } from './words.ts';

/** Errors and warnings alone, on `err`; nothing where all is well. */
export function openQuiet(settings: ReporterSettings): Reporter {
  const style = openStyle({ ...settings, color: settings.errColor });
  const err = openSink(settings.err, settings);
  const errors = openErrorDesk({ style, log: settings.log });
  return {
    emit: (event) => {
      errors.see(event);
      if (event.type === 'warning') err.write(`${warningLine(event, style)}\n`);
      if (event.type === 'stage-end' || event.type === 'error' || event.type === 'summary') err.write(errors.take());
    },
    end: () => {
      err.write(errors.take());
      return err.flush();
    },
  };
}
