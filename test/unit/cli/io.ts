import { Readable } from 'node:stream';
import type { RunEvent } from '../../../src/engine/events.ts';
import { runCli } from '../../../src/cli/program.ts';
import { parseEventLines } from '../../support/event-schema.ts';
import { memory } from '../report/output.ts';

/** What one command line gave. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Of `-o json`. */
  readonly events: readonly RunEvent[];
}

/** Runs a command line as the program does, without a terminal. */
export async function cli(...args: readonly string[]): Promise<CliRun> {
  const [out, err] = [memory(), memory()];
  const code = await runCli(args, { out: out.stream, err: err.stream, in: Readable.from([]), env: {} });
  return { code, out: out.text(), err: err.text(), events: eventsOf(out.text()) };
}

/** The lines that are events. */
export function eventsOf(text: string): readonly RunEvent[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"v"'))
    .flatMap((line) => parseEventLines(line) as readonly RunEvent[]);
}
