export interface Output {
  write(text: string): void;
  end(): void;
}

export function runProgram(
  words: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
  print: (text: string) => void,
): Promise<number | undefined>;

export function wholeLines(print: (text: string) => void): Output;

export function inOnePiece(print: (text: string) => void): Output;
