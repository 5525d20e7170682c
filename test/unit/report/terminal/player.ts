import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../../../src/engine/events.ts';
import { openReporter, readHistory } from '../../../../src/report/index.ts';

/** Runs in a real terminal: gives the events that come as JSON lines over a socket to the tty reporter, and ends it at the line `end`. */
const socket = connect(process.argv[2] ?? '');
const folder = process.argv.find((word) => word.startsWith('--state='))?.slice('--state='.length);
const reporter = openReporter({
  format: 'tty',
  out: process.stdout,
  err: process.stderr,
  diff: false,
  verbose: process.argv.includes('--verbose'),
  color: true,
  columns: process.stdout.columns,
  history: (command) => (folder === undefined ? [] : readHistory(folder, command, undefined)),
  log: () => '.k8sup/prod/logs/2026-11-20T20-31-07-apply.ndjson',
});
// The reporter's own listener is older, so by now it knows the new size.
process.stdout.on('resize', () => socket.write('resized\n'));
for await (const line of createInterface({ input: socket })) {
  if (line === 'end') {
    await reporter.end();
    socket.write('ended\n');
  } else {
    reporter.emit(JSON.parse(line) as RunEvent);
  }
}
