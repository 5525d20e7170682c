import { Argument, Option } from '@commander-js/extra-typings';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import { example } from './help.ts';
import type { Exit, Program } from './help.ts';
import type { Io } from './io.ts';
import { positive } from './options.ts';

const gencertExamples = example(
  'k8sup pki gencert -initca ca-csr.json | cfssljson -bare ca',
  'k8sup pki gencert -initca --bare ca ca-csr.json',
  'k8sup pki gencert -ca ca.pem -ca-key ca-key.pem -config ca-config.json -profile server -hostname a.example,10.0.0.1 csr.json',
);

/** Certificates by hand, with cfssl's commands, flags and formats. */
export function addPkiCommands(program: Program, io: Io, exit: Exit): Pki {
  const pki = program
    .command('pki')
    .description('certificates by hand, with the commands, flags (-x and --x) and formats of cfssl; the store of keys');
  addIssuing(pki, io, exit);
  addSigning(pki, io, exit);
  addLooking(pki, io, exit);
  addLists(pki, io, exit);
  return pki;
}

/** `k8sup pki`, as its commands are added to it. */
export type Pki = Pick<Program, 'command'>;

const issue = () => import('./pki/issue.ts');
const look = () => import('./pki/look.ts');

function addIssuing(pki: Pki, io: Io, exit: Exit): void {
  withSigning(withAnswer(pki.command('gencert').argument('[csr]', 'request file (JSON), or - for standard input')))
    .option('--initca', 'make a new certificate authority; with -ca-key for a key that is there')
    .option('--renewca', 'make the certificate of an authority anew, with its own key (-ca, -ca-key)')
    .option('--cn <name>', 'common name instead of that of the request')
    .description('make a key and a certificate; prints cert, csr and key as JSON')
    .addHelpText('after', gencertExamples)
    .action(async (csr, flags) => {
      exit.code = await (await issue()).gencertCommand(csr, flags, io);
    });
  withAnswer(pki.command('genkey').argument('<csr>', 'request file (JSON), or - for standard input'))
    .option('--initca', 'make a new certificate authority')
    .description('make a key and a request for a certificate; prints csr and key as JSON')
    .addHelpText('after', example('k8sup pki genkey --bare web csr.json'))
    .action(async (csr, flags) => {
      exit.code = await (await issue()).genkeyCommand(csr, flags, io);
    });
}

function addSigning(pki: Pki, io: Io, exit: Exit): void {
  withSigning(withAnswer(pki.command('sign').argument('[csr]', 'request (PEM), or - for standard input')))
    .argument('[subject]', 'file (JSON) with CN, names and serialnumber instead of those of the request')
    .option('--csr <file>', 'the request')
    .description('sign a request made elsewhere; prints cert and csr as JSON')
    .addHelpText('after', example('k8sup pki sign -ca ca.pem -ca-key ca-key.pem -profile server web.csr'))
    .action(async (csr, subject, flags) => {
      exit.code = await (await issue()).signCommand({ csr, subject }, flags, io);
    });
  withAnswer(pki.command('selfsign').argument('<hostname>', 'names and addresses, comma-separated'))
    .argument('[csr]', 'request file (JSON), or - for standard input')
    .option('--hostname <list>', 'names and addresses, instead of the first word')
    .option('--config <file>', 'profiles, as ca-config.json')
    .option('--profile <name>', 'the profile to use')
    .description('make a key and a certificate that it signs itself, for trying things out')
    .addHelpText('after', example('k8sup pki selfsign localhost csr.json'))
    .action(async (hostname, csr, flags) => {
      exit.code = await (await issue()).selfsignCommand({ hostname, csr }, flags, io);
    });
}

function addLooking(pki: Pki, io: Io, exit: Exit): void {
  pki
    .command('certinfo')
    .argument('[certificate]', 'certificate (PEM), as -cert')
    .option('--cert <file>', 'certificate (PEM), or - for standard input')
    .option('--csr <file>', 'request (PEM), or - for standard input')
    .option('--domain <host>', 'the certificate that this host shows, port 443 or as in host:port')
    .description('print what is in a certificate or a request as JSON')
    .addHelpText('after', example('k8sup pki certinfo server.pem', 'k8sup pki certinfo -domain 10.0.0.1:6443'))
    .action(async (file, flags) => {
      exit.code = await (await look()).certinfoCommand(file, flags, io);
    });
  pki
    .command('bundle')
    .requiredOption('--cert <file>', 'certificate (PEM), perhaps with authorities behind it')
    .option('--key <file>', 'its key')
    .option('--ca-bundle <file>', 'roots that are trusted')
    .option('--int-bundle <file>', 'authorities between')
    .addOption(
      new Option('--flavor <flavor>', 'the shortest chain, or the one in the file as it stands')
        .choices(['ubiquitous', 'optimal', 'force'] as const)
        .default('ubiquitous' as const),
    )
    .description('print the chain from a certificate to a root as JSON; fetches nothing')
    .addHelpText('after', example('k8sup pki bundle -cert web.pem -int-bundle middle.pem -ca-bundle ca.pem'))
    .action(async (flags) => {
      exit.code = await (await look()).bundleCommand(flags, io);
    });
}

function addLists(pki: Pki, io: Io, exit: Exit): void {
  pki
    .command('gencrl')
    .argument('<serials>', 'file with serial numbers, decimal, one a line, or - for standard input')
    .argument('<authority>', 'certificate of the authority')
    .argument('<key>', 'its key')
    .argument('[seconds]', 'until the next list is due (default: a week)', positive)
    .description('print a list of revoked certificates, base64 of DER')
    .addHelpText('after', example('k8sup pki gencrl revoked.txt ca.pem ca-key.pem 86400 | base64 -d > ca.crl'))
    .action(async (serials, authority, key, seconds) => {
      exit.code = await (await look()).gencrlCommand({ serials, authority, key }, seconds, io);
    });
  pki
    .command('print-defaults')
    .addArgument(new Argument('<type>', 'which file').choices(['config', 'csr', 'list'] as const))
    .description('print a file to start from')
    .addHelpText('after', example('k8sup pki print-defaults config > ca-config.json'))
    .action(async (type) => {
      exit.code = (await look()).printDefaultsCommand(type, io);
    });
}

function withSigning<Args extends unknown[], Opts extends OptionValues>(command: Command<Args, Opts>) {
  return command
    .option('--ca <file>', 'certificate of the authority that signs')
    .option('--ca-key <file>', 'its key')
    .option('--config <file>', 'profiles, as ca-config.json')
    .option('--profile <name>', 'the profile to use')
    .option('--hostname <list>', 'names and addresses instead of those of the request, comma-separated');
}

function withAnswer<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option('--bare <path>', 'write PATH.pem, PATH-key.pem (mode 0600) and PATH.csr instead of printing JSON')
    .option('--force', 'replace a key that is there already');
}
