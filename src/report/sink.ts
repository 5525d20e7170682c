/** Text on its way to a stream. */
export interface Sink {
  write(text: string): void;
  /** Resolves when all text was taken. @throws the stream's error, unless its reader has gone away. */
  flush(): Promise<void>;
}

/**
 * A stream that never throws from `write`: an error is kept for `flush`. A reader that went away (`k8sup … | head`) is no error, nor is a terminal
 * that was closed, which gives EIO.
 *
 * @param options - `unicode: false` for a reader that takes no UTF-8.
 */
export function openSink(stream: NodeJS.WritableStream, { unicode = true }: { readonly unicode?: boolean } = {}): Sink {
  let failure: Error | undefined;
  stream.on('error', (error: Error) => {
    failure ??= error;
  });
  const goneBy = 'isTTY' in stream && stream.isTTY === true ? ['EPIPE', 'EIO'] : ['EPIPE'];
  const readerGone = (): boolean => failure !== undefined && 'code' in failure && goneBy.includes(String(failure.code));
  return {
    write: (text) => {
      if (failure === undefined) stream.write(unicode ? text : asciiOnly(text));
    },
    flush: async () => {
      if (failure === undefined) await written(stream);
      if (failure !== undefined && !readerGone()) throw failure;
    },
  };
}

/** In a terminal without UTF-8 each other character is two or more signs, and some of their bytes are control characters that it obeys. */
function asciiOnly(text: string): string {
  return text.replace(/[^\u0000-\u007f]/gu, '?');
}

/** An empty write is taken after all before it; on an error its callback comes as well. */
function written(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
