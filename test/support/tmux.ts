import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Why no terminal can be opened here; undefined when one can. */
export function whyNoTerminal(): string | undefined {
  return spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed';
}

/** Runs tmux commands on a server of its own, whose socket and settings are in a scratch folder. */
export function tmuxIn(folder: string): (...args: string[]) => Promise<string> {
  const run = promisify(execFile);
  writeFileSync(
    join(folder, 'tmux.conf'),
    'set -g remain-on-exit on\nset -g remain-on-exit-format ""\nset -g status off\n',
  );
  const env = { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
  return async (...args) => {
    const result = await run('tmux', ['-u', '-S', join(folder, 'tmux'), '-f', join(folder, 'tmux.conf'), ...args], {
      env,
    });
    return result.stdout;
  };
}
