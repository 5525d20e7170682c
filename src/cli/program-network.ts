import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, positive, withRunFlags } from './options.ts';

/** Commands that look at the pod network and measure it. */
export function addNetworkCommands(program: Program, io: Io, exit: Exit): void {
  const network = program.command('network').description('the pod network: what is there, and whether it works');
  withRunFlags(network.command('status').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('show devices, MTUs, leases, routes and peers of the pod network on each node, and what is wrong')
    .addHelpText('after', example('k8sup network status'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./commands/network.ts')).networkStatus({ inventory, flags }, io);
    });
  withRunFlags(network.command('test').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('measure every node to every node with pods of its own, and name the likely cause of what is broken')
    .option('--all', 'every pair also of more than 10 nodes, instead of a ring and some at random')
    .option('--seed <n>', 'choose the same pairs at random as the test that told this number', positive)
    .option('--no-throughput', 'do not measure how fast data goes')
    .addHelpText('after', example('k8sup network test', 'k8sup network test --no-throughput -o json'))
    .action(async (inventory, flags) => {
      const { all = false, seed, throughput } = flags;
      const request = { inventory, flags, all, seed, throughput };
      exit.code = await (await import('./commands/network.ts')).networkTest(request, io);
    });
}
