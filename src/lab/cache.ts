import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Folder for what labs make once and use again: `$XDG_CACHE_HOME/k8sup/lab`, by default below `~/.cache`. */
export function labCache(env: NodeJS.ProcessEnv = process.env): string {
  // The XDG specification has relative values ignored.
  const base = env['XDG_CACHE_HOME'];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'k8sup', 'lab');
}
