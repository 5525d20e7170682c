import type { ReadStream, WriteStream } from 'node:tty';

/** The program's surroundings, passed in so that tests can give their own. */
export interface Io {
  readonly out: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;
  readonly err: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;
  readonly in: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>;
  readonly env: NodeJS.ProcessEnv;
}

/** Writes one text and a newline to standard output. */
export function say(io: Io, text: string): void {
  io.out.write(`${text}\n`);
}
