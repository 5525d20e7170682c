/** A piece of POSIX shell whose interpolated values are already quoted. Only {@link sh} and {@link rawShell} make one. */
export interface Sh {
  readonly sh: string;
}

type Value = string | number | Sh | readonly (string | number)[];

/**
 * Builds shell text; every interpolated string is quoted, arrays become several words, and other {@link Sh} values go in as they are.
 *
 * @example
 * ```ts
 * sh`rm -f ${path}`.sh // "rm -f '/a b'"
 * ```
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Value[]): Sh {
  const text = strings.map((part, index) => part + (index < values.length ? render(values[index] ?? '') : ''));
  return { sh: text.join('') };
}

/** Shell text written by k8sup's own authors, without any value from outside in it. */
export function rawShell(text: string): Sh {
  return { sh: text };
}

/** Joins pieces with newlines, so that each stands as a command of its own. */
export function lines(pieces: readonly Sh[]): Sh {
  return { sh: pieces.map((piece) => piece.sh).join('\n') };
}

/** One POSIX shell word; only single quotes are used, so that dash, busybox and bash agree. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new Error('a shell word cannot hold a NUL byte');
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function render(value: Value): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return String(value);
  if ('sh' in value) return value.sh;
  return value.map((word) => quote(String(word))).join(' ');
}
