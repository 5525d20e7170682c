import { Argument } from '@commander-js/extra-typings';
import type { Command } from '@commander-js/extra-typings';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, list, positive, withOutputFlags } from './options.ts';
import type { RotateRequest } from './certs/rotate.ts';
import type { RunFlags } from './options.ts';

/** Commands for the life of the cluster's certificates and keys. */
export function addCertsCommands(program: Program, io: Io, exit: Exit): void {
  const certs = program.command('certs').description("the cluster's certificates and keys: look, renew, exchange");
  withOutputFlags(
    certs.command('list', { isDefault: true }).argument('[inventory]', 'the inventory file', defaultInventory),
  )
    .description('show every certificate: in the store, on the hosts, and as it is shown to whoever connects')
    .option('--below <days>', 'exit with 25 when one that is in use has fewer days left', positive, 30)
    .addHelpText('after', example('k8sup certs', 'k8sup certs list --below 90 -o json'))
    .action(async (inventory, { below, ...flags }) => {
      exit.code = await (await import('./certs/list.ts')).listCertificates({ inventory, flags, below }, io);
    });
  withOutputFlags(
    certs.command('renew').argument('[names...]', 'kinds of certificates, such as kube-apiserver or kubelet'),
  )
    .description('make certificates anew, with new keys, and bring them to the hosts one at a time')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option('--all', 'all certificates; authorities are exchanged by rotate-ca')
    .option('--hosts <hosts>', 'those of these hosts alone (comma-separated)', list)
    .addHelpText('after', example('k8sup certs renew kube-apiserver', 'k8sup certs renew --all --hosts worker-3'))
    .action(async (names, { inventory, all = false, hosts, ...flags }) => {
      exit.code = await (await import('./certs/renew.ts')).renew({ inventory, flags, names, all, hosts }, io);
    });
  const authority = new Argument('<authority>', 'whose certificates and key').choices([
    'kubernetes',
    'etcd',
    'front-proxy',
  ] as const);
  rotating(certs.command('rotate-ca').addArgument(authority))
    .description('exchange an authority while the cluster works: trust both, issue by the next one, drop the old one')
    .addHelpText('after', example('k8sup certs rotate-ca etcd', 'k8sup certs rotate-ca kubernetes --restart-pods'))
    .action(async (name, inventory, flags) => {
      exit.code = await (await import('./certs/rotate.ts')).rotate(requestOf(`${name}-ca`, inventory, flags), io);
    });
  rotating(certs.command('rotate-sa-key'))
    .description('exchange the key that signs tokens of service accounts, in the same three steps')
    .addHelpText('after', example('k8sup certs rotate-sa-key --restart-pods'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./certs/rotate.ts')).rotate(requestOf('service-account', inventory, flags), io);
    });
  rotating(certs.command('rotate-encryption-key'))
    .description(
      'exchange the key of encryption at rest: add the next one, write all Secrets with it, drop the old one',
    )
    .addHelpText('after', example('k8sup certs rotate-encryption-key'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./certs/rotate.ts')).rotate(requestOf('encryption-key', inventory, flags), io);
    });
}

function rotating<Args extends unknown[]>(command: Command<Args>) {
  return withOutputFlags(command.argument('[inventory]', 'the inventory file', defaultInventory))
    .option('--step', 'end after the next step; the same command goes on with the one behind it')
    .option('--restart-pods', 'restart the workloads of all namespaces where pods must read something anew')
    .option('--yes', 'go on though pods may still hold what is exchanged');
}

type RotateFlags = RunFlags & { readonly step?: true; readonly restartPods?: true; readonly yes?: true };

function requestOf(what: RotateRequest['what'], inventory: string, flags: RotateFlags): RotateRequest {
  const { step, restartPods, yes, ...run } = flags;
  return { what, inventory, flags: run, step: step === true, restartPods: restartPods === true, yes: yes === true };
}
