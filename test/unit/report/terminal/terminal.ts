import { mkdtempSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../../../src/engine/events.ts';
import { removeFolder } from '../../../support/remove-folder.ts';
import { tmuxIn } from '../../../support/tmux.ts';

/** A tmux terminal in which the tty reporter draws. */
export interface Terminal {
  emit(...events: readonly RunEvent[]): void;
  /** The lines on the screen, without those that are empty at the end. */
  screen(): Promise<string[]>;
  /** Everything that was ever on the screen and still is, or has scrolled out of it. */
  history(): Promise<string[]>;
  cursorVisible(): Promise<boolean>;
  title(): Promise<string>;
  /** Waits until the reporter has ended; the process stays. */
  end(): Promise<void>;
  /** Waits until the reporter's process has seen it. */
  resize(columns: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** After how long the player hangs: tsx alone needs seconds of a core, and the cores may have much else to do. */
const hangMs = 90_000;

/** Runs as a process of its own, by tsx: Node 20 runs no TypeScript. */
const player = fileURLToPath(new URL('player.ts', import.meta.url));

/** @param options - the size; flags of the player; and its locale, default one with UTF-8. */
export async function openTerminal(options: {
  readonly columns: number;
  readonly rows: number;
  readonly flags?: readonly string[];
  readonly locale?: string;
}): Promise<Terminal> {
  const { flags = [], locale = 'C.UTF-8', ...size } = options;
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-terminal-'));
  const server = createServer();
  const connected = once(server, 'connection', { signal: AbortSignal.timeout(hangMs) });
  const socketPath = join(folder, 'events');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const tmux = tmuxIn(folder);
  const shape = ['-x', String(size.columns), '-y', String(size.rows)];
  await tmux(
    'new-session',
    '-d',
    ...shape,
    `LC_ALL=${locale} exec ${[process.execPath, '--import', 'tsx', player, socketPath, ...flags].join(' ')}`,
  );
  const close = async (): Promise<void> => {
    server.close();
    await tmux('kill-server').catch(() => undefined);
    await removeFolder(folder);
  };
  const socket = await connected.then(
    ([first]) => first as Socket,
    async (error: unknown) => {
      const screen = await tmux('capture-pane', '-p');
      await close();
      throw new Error(`the player did not start: ${screen}`, { cause: error });
    },
  );
  return {
    emit: (...events) => {
      socket.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    },
    screen: async () => linesOf(await tmux('capture-pane', '-p')),
    history: async () => linesOf(await tmux('capture-pane', '-p', '-S', '-')),
    cursorVisible: async () => (await tmux('display-message', '-p', '#{cursor_flag}')).trim() === '1',
    title: async () => (await tmux('display-message', '-p', '#{pane_title}')).trim(),
    resize: async (columns) => {
      const seen = once(socket, 'data', { signal: AbortSignal.timeout(hangMs) });
      await tmux('resize-window', '-x', String(columns), '-y', String(size.rows));
      await seen;
    },
    end: () => ended(socket),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await close();
    },
  };
}

async function ended(socket: Socket): Promise<void> {
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(hangMs) });
  socket.write('end\n');
  await answer;
}

function linesOf(screen: string): string[] {
  return screen.trimEnd().split('\n');
}
