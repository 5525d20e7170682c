/** A place in a file; lines and columns start at 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Tells where a value of the inventory was written. */
export interface Document {
  /** The position of the value at `path`, or of its nearest parent that is in the file. */
  position(path: readonly (string | number)[]): Position;
  /** Whether the file itself has a value at `path`; otherwise it is a default. */
  has(path: readonly (string | number)[]): boolean;
}
