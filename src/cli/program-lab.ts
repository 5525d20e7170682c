import { Option } from '@commander-js/extra-typings';
import { defaultLabName } from '../lab/model.ts';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { list, positive } from './options.ts';

/** The lab: real systemd hosts on this machine, to try k8sup on. */
export function addLabCommands(program: Program, io: Io, exit: Exit): void {
  const lab = program.command('lab').description('real systemd hosts on this machine (Linux, root) to try k8sup on');
  lab
    .command('up')
    .requiredOption('--hosts <n>', 'how many hosts', positive)
    .option('--name <lab>', 'name of the lab', defaultLabName)
    .option('--dir <folder>', 'where the inventory and the key are written', './k8sup-lab')
    .addOption(
      new Option('--profile <profile>', 'what the inventory asks for')
        .choices(['newest', 'classic'] as const)
        .default('newest' as const),
    )
    .option('--subnets <n>', 'subnets that the hosts are in by turns, with a router between them (1 or 2)', positive, 1)
    .option('--ipv6', 'give the hosts IPv6 addresses too', false)
    .option('--router-advertisements', 'IPv6 default route by router advertisements', false)
    .option('--second-interface', 'give the hosts a second interface, host1, on a network of its own', false)
    .option('--mtu <n>', 'MTU of the hosts’ interfaces and of what connects them (1280 to 1500)', positive)
    .option(
      '--packages <names>',
      'Debian packages that the hosts have besides the usual ones (comma-separated)',
      list,
      [],
    )
    .description('boot hosts, write an inventory for them')
    .addHelpText('after', example('k8sup lab up --hosts 3 --dir ./lab'))
    .action(async ({ hosts, name, dir, profile, packages, ...network }) => {
      const request = { hosts, name, dir, profile, packages, network };
      exit.code = await (await import('./commands/lab.ts')).labUpCommand(request, io);
    });
  lab
    .command('down')
    .option('--name <lab>', 'name of the lab', defaultLabName)
    .description('end the hosts and remove all of the lab')
    .addHelpText('after', example('k8sup lab down'))
    .action(async (flags) => {
      exit.code = await (await import('./commands/lab.ts')).labDownCommand(flags.name, io);
    });
  lab
    .command('list')
    .description('list the labs of this machine')
    .addHelpText('after', example('k8sup lab list'))
    .action(async () => {
      exit.code = await (await import('./commands/lab.ts')).labListCommand(io);
    });
  lab
    .command('exec')
    .argument('<host>', 'for example h1')
    .argument('[command...]', 'what to run; put -- before it')
    .option('--name <lab>', 'name of the lab', defaultLabName)
    .description('run a command on a host of the lab')
    .addHelpText('after', example('k8sup lab exec h1 -- systemctl status kubelet'))
    .action(async (host, command, flags) => {
      exit.code = await (await import('./commands/lab.ts')).labExecCommand({ host, command, name: flags.name }, io);
    });
}
