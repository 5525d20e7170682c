import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { glanceAt, glanceAtPlaybook } from '../../inventory/glance.ts';
import type { Glance, PlaybookGlance } from '../../inventory/glance.ts';
import { candidates } from '../completion/candidates.ts';
import type { Candidate, Sources } from '../completion/candidates.ts';
import { completionScript } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';
import type { Io } from '../io.ts';
import { defaultInventory } from '../options.ts';
import { stateFolder } from '../state.ts';

export interface CompletionRequest {
  readonly shell: Shell;
  /** Undefined: the shell's script is wanted. */
  readonly words: readonly string[] | undefined;
  /** All commands. */
  readonly program: Command;
}

/** `k8sup completion`: a shell's script, or one line for each word that can follow, a tab before its description. */
export async function completion({ shell, words, program }: CompletionRequest, io: Io): Promise<number> {
  if (words === undefined) {
    io.out.write(completionScript(shell));
    return exitCodes.ok;
  }
  const found = await candidates(program, words, inventorySources);
  io.out.write(
    found.map(({ value, description }) => `${value}${description === '' ? '' : `\t${description}`}\n`).join(''),
  );
  return exitCodes.ok;
}

/** What the files of an inventory tell; by default those of the current folder. */
export const inventorySources: Sources = {
  hosts: async (file = defaultInventory) => {
    const { hosts } = await glance(file);
    return hosts.map(({ name, roles }) => ({ value: name, description: [...roles].join(' ') }));
  },
  stages: async (file = defaultInventory) => {
    // Everything that is ever done to a host comes with it: only who asks for stages waits for that.
    const { siteOf } = await import('../../../playbooks/site.ts');
    const { hosts, playbookFiles } = await glance(file);
    const own = (await glancePlaybooks(file, playbookFiles)).flatMap(({ stages }) => stages);
    return [...siteOf({ hosts }), ...own].map(({ id, title }) => ({ value: id, description: title }));
  },
  playbooks: async (file = defaultInventory) => {
    const found = await glancePlaybooks(file, (await glance(file)).playbookFiles);
    return found.map(({ name, stages }) => ({ value: name, description: stages.map(({ title }) => title).join(', ') }));
  },
  runs: async (file = defaultInventory) => {
    const { cluster } = await glance(file);
    if (cluster === undefined) return [];
    const { listRuns } = await import('../../report/runs.ts');
    return listRuns(stateFolder(file, cluster)).map(({ name, command, result }): Candidate => ({
      value: name,
      description: `${command}, ${result}`,
    }));
  },
};

async function glancePlaybooks(inventory: string, files: readonly string[]): Promise<readonly PlaybookGlance[]> {
  const found = await Promise.all(
    files.map(async (written) => {
      const file = resolve(dirname(inventory), written);
      return readFile(file, 'utf8').then(
        (text) => [glanceAtPlaybook(text, file)],
        () => [],
      );
    }),
  );
  return found.flat();
}

/** Nothing where there is no such file: a shell must not be answered with an error. */
async function glance(file: string): Promise<Glance> {
  try {
    return glanceAt(await readFile(file, 'utf8'), file);
  } catch {
    return { cluster: undefined, hosts: [], playbookFiles: [] };
  }
}
