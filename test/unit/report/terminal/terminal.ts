import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { RunEvent } from '../../../../src/engine/events.ts';
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

/** @param options - the size; flags of the player; and its locale, default one with UTF-8. */
export async function openTerminal(options: {
  readonly columns: number;
  readonly rows: number;
  readonly flags?: readonly string[];
  readonly locale?: string;
}): Promise<Terminal> {
  const { flags = [], locale = 'C.UTF-8', ...size } = options;
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-terminal-'));
  const program = (player ??= transpile());
  const server = createServer();
  const connected = once(server, 'connection', { signal: AbortSignal.timeout(20_000) });
  const socketPath = join(folder, 'events');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const tmux = tmuxIn(folder);
  const shape = ['-x', String(size.columns), '-y', String(size.rows)];
  await tmux(
    'new-session',
    '-d',
    ...shape,
    `LC_ALL=${locale} exec ${[process.execPath, program, socketPath, ...flags].join(' ')}`,
  );
  const close = async (): Promise<void> => {
    server.close();
    await tmux('kill-server').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
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
      const seen = once(socket, 'data', { signal: AbortSignal.timeout(20_000) });
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
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(20_000) });
  socket.write('end\n');
  await answer;
}

function linesOf(screen: string): string[] {
  return screen.trimEnd().split('\n');
}

let player: string | undefined;

/** Takes away what all terminals of a test file ran. */
export function removePlayer(): void {
  if (player !== undefined) rmSync(player.slice(0, player.indexOf('/test/unit/')), { recursive: true, force: true });
  player = undefined;
}

/** Node 20 runs no TypeScript, so the player and what it imports are transpiled into a folder of their own, once. */
function transpile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-player-'));
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const sources = ['src/report', 'src/engine', 'src/errors', 'src/shell', 'test/unit/report/terminal'].flatMap((path) =>
    readdirSync(join(root, path), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => join(path, name)),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const source of sources) {
    const target = join(folder, source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    const result = ts.transpileModule(readFileSync(join(root, source), 'utf8'), {
      // Without a package.json in sight the compiler would write CommonJS for NodeNext.
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
      fileName: source,
    });
    writeFileSync(target, result.outputText);
  }
  return join(folder, 'test/unit/report/terminal/player.js');
}
