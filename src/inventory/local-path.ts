import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where a path that the inventory names is on this machine. */
export type LocalPath = (written: string) => string;

/** `~` is the user's home; anything relative starts at the file that names it. */
export function localPaths(file: string): LocalPath {
  const base = dirname(resolve(file));
  return (written) => (/^~(\/|$)/.test(written) ? join(homedir(), written.slice(1)) : resolve(base, written));
}
