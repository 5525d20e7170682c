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
  addRotating(certs, io, exit);
  addOwnAuthorities(certs, io, exit);
}

function addRotating(certs: Pick<Program, 'command'>, io: Io, exit: Exit): void {
  rotating(certs.command('rotate-ca').addArgument(authority()))
    .description('exchange an authority while the cluster works: trust both, issue by the next one, drop the old one')
    .option('--cert <file>', 'the next one, made elsewhere: its certificate (PEM)')
    .option('--key <file>', 'its key, or - for standard input')
    .option('--chain <file>', 'the authorities above it, up to a root')
    .option('--offline', 'its key stays elsewhere')
    .option('--self-signed', 'k8sup makes the next one, though the old one was brought')
    .addHelpText(
      'after',
      example(
        'k8sup certs rotate-ca etcd',
        'k8sup certs rotate-ca kubernetes --restart-pods',
        'k8sup certs rotate-ca kubernetes --cert next.pem --key next-key.pem --chain root.pem',
      ),
    )
    .action(async (name, inventory, { cert, key, chain, offline, selfSigned, ...flags }) => {
      const next = { cert, key, chain, offline, selfSigned };
      const request = { ...requestOf(`${name}-ca`, inventory, flags), next };
      exit.code = await (await import('./certs/rotate.ts')).rotate(request, io);
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

/** Authorities, requests and certificates that come from elsewhere. */
function addOwnAuthorities(certs: Pick<Program, 'command'>, io: Io, exit: Exit): void {
  fromElsewhere(certs.command('import-ca').addArgument(authority()))
    .description(
      'bring an authority that was made elsewhere, before the first apply; one that is there is never replaced',
    )
    .requiredOption('--cert <file>', 'its certificate (PEM), perhaps with those above it behind')
    .option('--key <file>', 'its key, for its owner alone (0600), or - for standard input')
    .option('--chain <file>', 'the authorities above it, up to a root')
    .option('--offline', 'its key stays elsewhere: requests are written out and what was signed is read back')
    .addHelpText(
      'after',
      example(
        'k8sup certs import-ca kubernetes --cert k8s-ca.pem --key k8s-ca-key.pem --chain company-root.pem',
        'k8sup certs import-ca etcd --cert etcd-ca.pem --offline',
      ),
    )
    .action(async (name, { inventory, cert, key, chain, offline, ...flags }) => {
      const request = { name: `${name}-ca`, inventory, flags, files: { cert, key, chain, offline } } as const;
      exit.code = await (await import('./certs/import-ca.ts')).importCa(request, io);
    });
  withOutputFlags(certs.command('requests').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('write requests for what an authority must sign whose key is kept elsewhere; reaches no host')
    .option('--out <dir>', 'write them there too')
    .addHelpText('after', example('k8sup certs requests --out /media/usb/requests'))
    .action(async (inventory, { out, ...flags }) => {
      exit.code = await (await import('./certs/requests.ts')).requests({ inventory, flags, out }, io);
    });
  fromElsewhere(certs.command('import').argument('<dir>', 'folder with the certificates that were signed'))
    .description('read back certificates that were signed elsewhere: all that are there, or none where one is wrong')
    .addHelpText('after', example('k8sup certs import /media/usb/requests'))
    .action(async (dir, { inventory, ...flags }) => {
      const { importSignedCertificates } = await import('./certs/import-signed.ts');
      exit.code = await importSignedCertificates({ inventory, flags, dir }, io);
    });
  const from = new Argument('<from>', 'who made them').choices(['kubeadm', 'cfssl'] as const);
  fromElsewhere(certs.command('take-over').addArgument(from).argument('<dir>', 'folder with what was made'))
    .description('take over authorities, keys and certificates of kubeadm or cfssl; what does is not made anew')
    .option('--host <name>', 'the host whose folder it is: certificates of others are left alone')
    .option('--offline', 'keys of authorities that are not there stay elsewhere, as with import-ca')
    .addHelpText(
      'after',
      example('k8sup certs take-over kubeadm ./pki-of-master-1 --host master-1', 'k8sup certs take-over cfssl ./certs'),
    )
    .action(async (layout, dir, { inventory, host, offline, ...flags }) => {
      const { takeOverCertificates } = await import('./certs/take-over.ts');
      exit.code = await takeOverCertificates({ layout, dir, inventory, flags, host, offline: offline === true }, io);
    });
}

function authority() {
  return new Argument('<authority>', 'whose certificates and key').choices([
    'kubernetes',
    'etcd',
    'front-proxy',
  ] as const);
}

function fromElsewhere<Args extends unknown[]>(command: Command<Args>) {
  return withOutputFlags(command.option('-i, --inventory <file>', 'the inventory file', defaultInventory));
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
  return {
    what,
    inventory,
    flags: run,
    step: step === true,
    restartPods: restartPods === true,
    yes: yes === true,
    next: undefined,
  };
}
