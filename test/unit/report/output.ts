import { Writable } from 'node:stream';
import type { RunEvent } from '../../../src/engine/events.ts';
import { openReporter } from '../../../src/report/index.ts';
import type { ReporterOptions } from '../../../src/report/index.ts';
import { openStyle } from '../../../src/report/style.ts';

/** A stream that remembers what was written. */
export function memory(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

/** Gives events to a reporter, a second apart on its clock, and returns all that it wrote. */
export async function report(
  events: readonly RunEvent[],
  options: Partial<ReporterOptions> & Pick<ReporterOptions, 'format'>,
): Promise<{ out: string; err: string }> {
  const [out, err] = [memory(), memory()];
  let seconds = 0;
  const reporter = openReporter({
    out: out.stream,
    err: err.stream,
    diff: false,
    verbose: false,
    color: false,
    columns: 80,
    unicode: true,
    now: () => seconds * 1000,
    date: () => new Date(Date.UTC(2026, 10, 20, 20, 31, 7 + seconds)),
    ...options,
  });
  for (const event of events) {
    reporter.emit(event);
    seconds += 1;
  }
  await reporter.end();
  return { out: out.text(), err: err.text() };
}

/** A style without colours, so that texts compare as they are. */
export const bare = openStyle({ color: false, unicode: true, columns: 80 });
export const ascii = openStyle({ color: false, unicode: false, columns: 80 });
export const colored = openStyle({ color: true, unicode: true, columns: 80 });
