import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, withOutputFlags } from './options.ts';

/** Commands for client certificates of people and programs. */
export function addUserCommands(program: Program, io: Io, exit: Exit): void {
  const user = program.command('user').description('client certificates of people and programs');
  withOutputFlags(user.command('create').argument('<name>', 'the user, as role bindings name it'))
    .description('write a kubeconfig with a certificate that the cluster signs')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option(
      '--group <name>',
      'a group of the user; may be given again',
      (name: string, all: string[]) => [...all, name],
      [] as string[],
    )
    .addOption(
      new Option('--ttl <time>', 'how long it lives: 30m, 24h or 7d').argParser(seconds).default(86_400, '24h'),
    )
    .requiredOption('--out <file>', 'the kubeconfig to write; it must not be there')
    .addHelpText('after', example('k8sup user create ann --group developers --ttl 24h --out ann.kubeconfig'))
    .action(async (name, { inventory, group: groups, ttl: ttlSeconds, out, ...flags }) => {
      const request = { user: name, inventory, flags, groups, ttlSeconds, out };
      exit.code = await (await import('./user/create.ts')).createUser(request, io);
    });
  user
    .command('list')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .description('list the certificates that were handed out from here')
    .option('--json', 'as JSON')
    .addHelpText('after', example('k8sup user list'))
    .action(async (inventory, { json = false }) => {
      exit.code = await (await import('./user/list.ts')).listUsers({ inventory, json }, io);
    });
  withOutputFlags(user.command('revoke').argument('<name>', 'the user'))
    .description('take the rights of a user away, and tell what cannot be taken')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option('--yes', 'do not ask')
    .addHelpText('after', example('k8sup user revoke ann'))
    .action(async (name, { inventory, yes = false, ...flags }) => {
      exit.code = await (await import('./user/revoke.ts')).revokeUser({ user: name, inventory, flags, yes }, io);
    });
}

/** @throws InvalidArgumentError for what is no time. */
function seconds(text: string): number {
  const [, number, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const each = { m: 60, h: 3600, d: 86_400 }[unit ?? ''];
  if (number === undefined || each === undefined)
    throw new InvalidArgumentError('a time such as 30m, 24h or 7d is needed');
  return Number(number) * each;
}
