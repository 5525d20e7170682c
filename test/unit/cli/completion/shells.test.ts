import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { shells } from '../../../../src/cli/completion/scripts.ts';
import type { Shell } from '../../../../src/cli/completion/scripts.ts';
import { removeFolder } from '../../../support/remove-folder.ts';
import { tmuxIn, whyNoTerminal } from '../../../support/tmux.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = join(root, 'dist/src/main.js');

function whyNot(shell: Shell): string | undefined {
  if (!existsSync(program)) return 'npm run build was not run';
  if (spawnSync(shell, ['-c', 'true']).status !== 0) return `${shell} is not installed`;
  return whyNoTerminal();
}

const start: Readonly<Record<Shell, { readonly command: string; readonly load: string }>> = {
  bash: {
    command: 'bash --norc --noprofile',
    load: `bind 'set bell-style none'; eval "$(k8sup completion bash)"; PS1='> '; clear`,
  },
  zsh: {
    command: 'zsh -f',
    load: `autoload -U compinit; compinit -u -D; eval "$(k8sup completion zsh)"; PS1='> '; unsetopt beep; clear`,
  },
  fish: {
    command: 'fish --no-config',
    load: `k8sup completion fish | source; function fish_prompt; echo '> '; end; clear`,
  },
};

describe.each(shells.map((shell) => ({ shell, missing: whyNot(shell) })))('in $shell', ({ shell, missing }) => {
  test.skipIf(missing !== undefined)(
    `Tab gives commands, hosts and stages${missing === undefined ? '' : ` (${missing})`}`,
    async () => {
      await using typing = await openShell(shell);
      expect(await typing.tab('k8sup valid')).toContain('k8sup validate ');
      expect(await typing.tab('k8sup apply --limit mas')).toContain('k8sup apply --limit master-1 ');
      expect(await typing.tab('k8sup apply --limit master-1,node-2')).toContain('--limit master-1,node-2 ');
      expect(await typing.tab('k8sup apply --limit=mas')).toContain('k8sup apply --limit=master-1 ');
      expect(await typing.tab('k8sup stage 05')).toContain('k8sup stage 05.kube-node ');
      expect(await typing.tab('k8sup stage site.lo')).toContain('k8sup stage site.login ');
      expect(await typing.tab('k8sup validate inv')).toContain('k8sup validate inventory.yaml ');
    },
  );
});

/** An interactive shell in a folder with an inventory, in which `k8sup` is this checkout's. */
async function openShell(shell: Shell) {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-shell-'));
  const [bin, work] = [join(folder, 'bin'), join(folder, 'work')];
  for (const path of [bin, work]) mkdirSync(path);
  writeFileSync(join(bin, 'k8sup'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
  chmodSync(join(bin, 'k8sup'), 0o755);
  const inventory = readFileSync(join(root, 'inventory.example.yaml'), 'utf8');
  writeFileSync(join(work, 'inventory.yaml'), `${inventory}\nplaybooks: [site.yaml]\n`);
  writeFileSync(join(work, 'site.yaml'), 'stages: [{ name: login }]\n');
  const tmux = tmuxIn(folder);
  const { command, load } = start[shell];
  await tmux('new-session', '-d', '-x', '120', '-y', '24', '-c', work, `PATH=${bin}:$PATH exec ${command}`);
  const screen = async (): Promise<string> => tmux('capture-pane', '-p');
  const shows = (check: (text: string) => void): Promise<void> =>
    vi.waitFor(async () => check(await screen()), { timeout: 100_000, interval: 100 });
  await tmux('send-keys', '-l', load);
  await tmux('send-keys', 'Enter');
  await shows((text) => expect(text.trim()).toBe('>'));
  return {
    /** Types a line and a tab, and gives the line as the shell made it, with a full stop where the cursor is. */
    tab: async (line: string): Promise<string> => {
      await tmux('send-keys', '-l', line);
      await tmux('send-keys', 'Tab');
      await tmux('send-keys', '-l', '.end');
      let found = '';
      await shows((text) => {
        found = text.split('\n').find((candidate) => candidate.endsWith('.end')) ?? '';
        expect(found).not.toBe('');
      });
      // A shell that is still at work with the completion takes the first one for that.
      await vi.waitFor(
        async () => {
          await tmux('send-keys', 'C-c');
          expect((await screen()).trimEnd().split('\n').at(-1)?.trim()).toBe('>');
        },
        { timeout: 100_000, interval: 300 },
      );
      // One that has just been interrupted may lose the first key.
      await vi.waitFor(
        async () => {
          await tmux('send-keys', 'C-u', 'clear', 'Enter');
          expect((await screen()).trim()).toBe('>');
        },
        { timeout: 100_000, interval: 300 },
      );
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      const pid = (await tmux('display-message', '-p', '#{pane_pid}')).trim();
      await tmux('kill-server');
      // A shell that is being ended still writes its history.
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 60_000, interval: 50 });
      await removeFolder(folder);
    },
  };
}
