import type { Readable } from 'node:stream';

/** What one run of a script on a host gave. */
export interface RunResult {
  readonly exitCode: number;
  /** Everything after the start mark, as text. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A chunk of standard input behind the script: bytes, or a file on the controller as a stream of a known length; `path` is for messages. */
export type Content =
  { readonly bytes: Buffer } | { readonly length: number; readonly path: string; readonly open: () => Readable };

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Milliseconds until the run is given up; they do not run yet while it waits for its turn on the connection. */
  readonly timeoutMs: number;
  /** Sent after the script on its standard input, in order. */
  readonly contents?: readonly Content[];
  /** Called for each complete line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
  /** False: `stdout` of the result stays empty and lines go to `onLine` alone, for output that may go on for hours. Default true. */
  readonly keepOutput?: boolean;
  /** True: standard input stays open behind the contents, so that its end tells the script that nobody waits for it any more. Default false. */
  readonly holdInput?: boolean;
}

/** May only read: what probes and plans get. The script must not change the host; reviews and case files watch over that. */
export interface Reader {
  readonly hostName: string;
  read(script: string, options: RunOptions): Promise<RunResult>;
}

/** May change the host: only apply gets one. Scripts run as root. */
export interface Executor extends Reader {
  run(script: string, options: RunOptions): Promise<RunResult>;
}

/** One connection to one host, kept for a whole run. */
export interface Connection extends Executor, AsyncDisposable {
  /** Bytes written to this host so far, as sent on the wire before encryption. */
  readonly bytesSent: number;
}
