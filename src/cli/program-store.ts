import type { Command } from '@commander-js/extra-typings';
import { example } from './help.ts';
import type { Exit } from './help.ts';
import type { Io } from './io.ts';
import { defaultInventory, identityHelp } from './options.ts';
import type { Pki } from './program-pki.ts';

/** Commands for the store of a cluster's keys, beside those that are cfssl's. */
export function addStoreCommands(pki: Pki, io: Io, exit: Exit): void {
  withSeal(pki.command('encrypt').argument('[inventory]', 'the inventory file', defaultInventory))
    .description('encrypt the keys of the store by age, where they lie; every command goes on working with its key')
    .addHelpText('after', example('k8sup pki encrypt --passphrase', 'k8sup pki encrypt --recipient age1…'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./pki/store.ts')).encrypt({ inventory, ...flags }, io);
    });
  pki
    .command('decrypt')
    .argument('[inventory]', 'the inventory file', defaultInventory)
    .option('--identity <file>', identityHelp)
    .option('--passphrase-file <file>', 'file with mode 0600 that holds the passphrase alone')
    .description('put the keys of the store back into the clear')
    .addHelpText('after', example('k8sup pki decrypt', 'k8sup pki decrypt --identity ~/.config/age/key.txt'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./pki/store.ts')).decrypt({ inventory, ...flags }, io);
    });
  withSeal(pki.command('backup').argument('[inventory]', 'the inventory file', defaultInventory))
    .requiredOption('--out <file>', 'the file to write; it must not be there')
    .option('--plain', 'write keys that are in the clear as they are')
    .description('write the whole store of a cluster into one file, encrypted by age')
    .addHelpText('after', example('k8sup pki backup --passphrase --out prod.backup'))
    .action(async (inventory, flags) => {
      exit.code = await (await import('./pki/backup.ts')).backup({ inventory, ...flags }, io);
    });
  pki
    .command('restore')
    .argument('<file>', 'what pki backup wrote')
    .option('-i, --inventory <file>', 'the inventory file', defaultInventory)
    .option('--identity <file>', 'identity file of age that opens the backup')
    .option('--passphrase-file <file>', 'file with mode 0600 that holds the passphrase of the backup alone')
    .option('--replace', 'move a store of the same cluster aside')
    .description('put a backup where the store was; what is there is never written over')
    .addHelpText('after', example('k8sup pki restore prod.backup -i production.yaml'))
    .action(async (file, flags) => {
      exit.code = await (
        await import('./pki/restore.ts')
      ).restore({ ...flags, file, replace: flags.replace === true }, io);
    });
}

function withSeal<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option(
      '--recipient <recipient>',
      'encrypt for this recipient of age (age1…); may be given again',
      (one: string, all: string[]) => [...all, one],
      [] as string[],
    )
    .option('--passphrase', 'encrypt by a passphrase, which is asked for')
    .option('--passphrase-file <file>', 'encrypt by the passphrase in this file, mode 0600');
}
