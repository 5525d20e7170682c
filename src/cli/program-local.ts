import { Option } from '@commander-js/extra-typings';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, identityHelp } from './options.ts';
import { addPkiCommands } from './program-pki.ts';
import { addStoreCommands } from './program-store.ts';

/** Commands that need no host: they check, write or compute on the controller. */
export function addLocalCommands(program: Program, io: Io, exit: Exit): void {
  program
    .command('validate')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('check the inventory and list every mistake with its place; reaches no host')
    .addHelpText('after', example('k8sup validate inventory.yaml'))
    .action(async (inventory) => {
      exit.code = await (await import('./commands/validate.ts')).validate(inventory, io);
    });
  program
    .command('init')
    .argument('[file]', 'where to write it', defaultInventory)
    .description('write a commented inventory to start from')
    .addHelpText('after', example('k8sup init inventory.yaml'))
    .action(async (file) => {
      exit.code = await (await import('./commands/init.ts')).init(file, io);
    });
  program
    .command('kubeconfig')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('print the admin kubeconfig, or merge it into ~/.kube/config')
    .option('--merge', 'merge it into ~/.kube/config instead of printing it')
    .option('--context <name>', 'name of the context (default: the name of the cluster)')
    .option('--identity <file>', identityHelp)
    .addHelpText('after', example('k8sup kubeconfig > admin.kubeconfig', 'k8sup kubeconfig --merge --context lab'))
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/kubeconfig.ts')
      ).kubeconfig({ inventory, merge: flags.merge === true, context: flags.context, identity: flags.identity }, io);
    });
  addStoreCommands(addPkiCommands(program, io, exit), io, exit);
  addArtifactCommands(program, io, exit);
}

function addArtifactCommands(program: Program, io: Io, exit: Exit): void {
  const artifacts = program.command('artifacts').description('the binaries that are installed');
  artifacts
    .command('list')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('list what the inventory needs, where it comes from and what is cached')
    .addOption(
      new Option('-o, --output <format>', 'how to show it')
        .choices(['plain', 'json'] as const)
        .default('plain' as const),
    )
    .addHelpText('after', example('k8sup artifacts list inventory.yaml'))
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/artifacts.ts')
      ).listCommand({ inventory, json: flags.output === 'json' }, io);
    });
  artifacts
    .command('fetch')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('get everything the inventory needs into the cache')
    .addHelpText('after', example('k8sup artifacts fetch inventory.yaml'))
    .action(async (inventory) => {
      exit.code = await (await import('./commands/artifacts.ts')).fetchCommand(inventory, io);
    });
}
