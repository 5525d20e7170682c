import { Command, CommanderError } from '@commander-js/extra-typings';
import { exitCodes } from '../errors/k8sup-error.ts';
import { openSink } from '../report/sink.ts';
import { example, optionDescription } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, identityHelp, withRunFlags, withStageFlags } from './options.ts';
import { pkiWords } from './pki/words.ts';
import { addJournalCommands } from './program-journal.ts';
import { k8supVersion } from './version.ts';
import { addLabCommands } from './program-lab.ts';
import { addCertsCommands } from './program-certs.ts';
import { addLocalCommands } from './program-local.ts';
import { addUserCommands } from './program-user.ts';
import { addNetworkCommands } from './program-network.ts';

/**
 * Parses the command line and runs one command. Commands are imported when they run, so that `--help` stays quick.
 *
 * @returns the process's exit code; 64 for a usage error.
 */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const exit: Exit = { code: 0 };
  const program = makeProgram(io, exit);
  // From here on a reader that goes away (`| head`) ends no command in the middle of its work.
  const output = openSink(io.out);
  openSink(io.err);
  try {
    await program.parseAsync([...pkiWords(program, args)], { from: 'user' });
    await output.flush();
    return exit.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, io);
  }
}

/** All commands with their help; nothing runs before it is given arguments. */
export function makeProgram(io: Io, exit: Exit): Command {
  const program = new Command('k8sup')
    .description('Installs a Kubernetes cluster from plain binaries over SSH, in ordered stages, from one inventory.')
    .version(k8supVersion)
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .configureHelp({ optionDescription })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help)')
    .enablePositionalOptions();
  addRunCommands(program, io, exit);
  addUnlockCommand(program, io, exit);
  addLookCommands(program, io, exit);
  addNetworkCommands(program, io, exit);
  addCertsCommands(program, io, exit);
  addUserCommands(program, io, exit);
  addLocalCommands(program, io, exit);
  addJournalCommands(program, io, exit);
  addLabCommands(program, io, exit);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

function addRunCommands(program: Program, io: Io, exit: Exit): void {
  withStageFlags(withRunFlags(program.command('apply').argument('[inventory]', 'the inventory file', defaultInventory)))
    .description('bring the hosts to what the inventory says: every stage, in order; safe to repeat')
    .option('--no-verify', 'do not prove the cluster at the end')
    .option('--yes', 'do not ask before a change that pods will notice')
    .option('--plan <file>', 'do just what this file of plan --out shows, or nothing where it is out of date')
    .addHelpText(
      'after',
      example('k8sup apply inventory.yaml', 'k8sup apply --limit worker-3 --diff', 'k8sup apply --plan night.plan'),
    )
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/apply.ts')
      ).apply(
        {
          inventory,
          flags,
          stages: { from: flags.from, to: flags.to, skip: flags.skip },
          plan: flags.plan,
          verify: flags.verify,
          yes: flags.yes === true,
          command: 'apply',
        },
        io,
      );
    });
  withStageFlags(withRunFlags(program.command('plan').argument('[inventory]', 'the inventory file', defaultInventory)))
    .description('show what apply would change; changes nothing anywhere')
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .option('--out <file>', 'write what apply --plan takes: hashes and no secrets')
    .addHelpText('after', example('k8sup plan --diff', 'k8sup plan --from 03.runtime --out night.plan'))
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/plan.ts')
      ).plan(
        {
          inventory,
          flags,
          range: { from: flags.from, to: flags.to, skip: flags.skip },
          detailed: flags.detailedExitcode === true,
          out: flags.out,
        },
        io,
      );
    });
  withRunFlags(
    program
      .command('stage')
      .argument('<id>', 'for example 06.network, or network; or a file with stages of your own')
      .argument('[inventory]', 'the inventory file', defaultInventory),
  )
    .description('run one stage, or those of a playbook')
    .option('--yes', 'do not ask before a change that pods will notice')
    .addHelpText(
      'after',
      example('k8sup stage 06.network', 'k8sup stage etcd production.yaml', 'k8sup stage ./motd.yaml'),
    )
    .action(async (id, inventory, flags) => {
      exit.code = await (
        await import('./commands/apply.ts')
      ).apply({ inventory, flags, stages: id, verify: false, yes: flags.yes === true, command: `stage ${id}` }, io);
    });
  withRunFlags(program.command('clean').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('take the cluster off the hosts again and bring back what was there before')
    .option('--yes', 'do not ask for the name of the cluster')
    .option('--state-lost', "clean hosts by the cluster's name alone, because its state folder is lost")
    .addHelpText('after', example('k8sup clean inventory.yaml', 'k8sup clean --yes'))
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/clean.ts')
      ).clean({ inventory, flags, yes: flags.yes === true, stateLost: flags.stateLost === true }, io);
    });
}

function addUnlockCommand(program: Program, io: Io, exit: Exit): void {
  program
    .command('unlock')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description(
      'show who holds the locks of the cluster, here and on its hosts, and take away those of runs that died',
    )
    .option('--force', 'take them away also from a run that seems to be alive')
    .option('--yes', 'do not ask')
    .addHelpText('after', example('k8sup unlock', 'k8sup unlock production.yaml --force'))
    .action(async (inventory, flags) => {
      exit.code = await (
        await import('./commands/unlock.ts')
      ).unlock({ inventory, force: flags.force === true, yes: flags.yes === true }, io);
    });
}

function addLookCommands(program: Program, io: Io, exit: Exit): void {
  withRunFlags(program.command('verify').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('prove that the cluster works: pods, network, Services, DNS, exec and logs')
    .addHelpText('after', example('k8sup verify'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./commands/verify.ts')).verify({ inventory, flags }, io);
    });
  withRunFlags(program.command('drift').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('show what differs on each host from what apply left there, and why; exit code 2 when something does')
    .addHelpText('after', example('k8sup drift', 'k8sup drift --limit worker-3 -o json'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./commands/drift.ts')).drift({ inventory, flags }, io);
    });
  program
    .command('explain')
    .argument('<unit>', 'for example kubelet')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .requiredOption('--host <name>', 'the host whose unit it is')
    .option('--json', 'as JSON')
    .option('--identity <file>', identityHelp)
    .description('show each flag and field of a unit, its value, and where that comes from')
    .addHelpText(
      'after',
      example('k8sup explain kubelet --host worker-1', 'k8sup explain kube-apiserver --host master-1 --json'),
    )
    .action(async (unit, inventory, flags) => {
      exit.code = await (
        await import('./commands/explain.ts')
      ).explain({ unit, inventory, host: flags.host, json: flags.json === true, identity: flags.identity }, io);
    });
  withRunFlags(program.command('status').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('show hosts, units, component health, etcd members, nodes, versions and certificates')
    .addHelpText('after', example('k8sup status', 'k8sup status -o json'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./commands/status.ts')).status({ inventory, flags }, io);
    });
  program
    .command('kubectl')
    .description('run kubectl on a healthy master, with admin rights')
    .argument('[args...]', 'what kubectl gets; put -- before it')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option('--identity <file>', identityHelp)
    .passThroughOptions()
    .addHelpText(
      'after',
      example('k8sup kubectl -- get nodes -o wide', 'k8sup kubectl -i production.yaml -- apply -f - < app.yaml'),
    )
    .action(async (args, flags) => {
      exit.code = await (
        await import('./commands/kubectl.ts')
      ).kubectl({ ...flags, identity: flags.identity, args }, io);
    });
}
