import { Argument, Option } from '@commander-js/extra-typings';
import { shells } from './completion/scripts.ts';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory } from './options.ts';

/** Commands about what was done before, and about the command line itself; they reach no host. */
export function addJournalCommands(program: Program, io: Io, exit: Exit): void {
  program
    .command('runs')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('list earlier runs, the newest first, from their journals')
    .addOption(
      new Option('-o, --output <format>', 'how to show it')
        .choices(['plain', 'json'] as const)
        .default('plain' as const),
    )
    .addHelpText('after', example('k8sup runs'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./commands/report.ts')).runs({ inventory, json: flags.output === 'json' }, io);
    });
  program
    .command('report')
    .argument('[run]', 'name of a run, or its beginning, as in k8sup runs (default: the last one)')
    .description('write one HTML page of a run: cluster, timeline of each host, changes, verification, errors')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option('--out <file>', 'where to write it; - is standard output (default: beside the journals)')
    .addHelpText('after', example('k8sup report', 'k8sup report 2026-11-20 --out report.html'))
    .action(async (run, flags) => {
      exit.code = await (
        await import('./commands/report.ts')
      ).report({ run, inventory: flags.inventory, out: flags.out }, io);
    });
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .argument('[words...]', 'after --: the words of a line, to print what can follow instead of the script')
    .description('print the completion script of a shell, which also knows the hosts and stages of the inventory')
    .passThroughOptions()
    .addHelpText('after', example('eval "$(k8sup completion bash)"'))
    .action(async (shell, words) => {
      exit.code = await (
        await import('./commands/completion.ts')
      ).completion({ shell, words: words.length === 0 ? undefined : words, program }, io);
    });
}
