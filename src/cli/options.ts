import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Command, OptionValues } from '@commander-js/extra-typings';

/** Flags that every command which reaches hosts has. */
export interface RunFlags {
  readonly limit?: readonly string[];
  readonly concurrency: number;
  readonly output?: 'tty' | 'plain' | 'json';
  readonly diff?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  /** Identity file of age, for a store that is encrypted. */
  readonly identity?: string;
}

/** The default of `[INVENTORY]` everywhere. */
export const defaultInventory = './inventory.yaml';

/** Of `--identity` everywhere. */
export const identityHelp = 'identity file of age that opens the store of keys, where it is encrypted';

/** Adds the common flags to a command. */
export function withRunFlags<Args extends unknown[]>(command: Command<Args>) {
  return withOutputFlags(
    command.option('--limit <hosts>', 'change only these hosts (comma-separated); the others are read', list),
  );
}

/** The common flags of commands that work on all hosts or on none. */
export function withOutputFlags<Args extends unknown[], Opts extends OptionValues>(command: Command<Args, Opts>) {
  return command
    .option('--concurrency <n>', 'hosts at work at the same time', positive, 20)
    .addOption(
      new Option('-o, --output <format>', 'how to show the run (default: tty on a terminal, else plain)').choices([
        'tty',
        'plain',
        'json',
      ] as const),
    )
    .option('--diff', 'show the text of changed files')
    .option('--identity <file>', identityHelp)
    .option('-v, --verbose', 'show more')
    .addOption(new Option('-q, --quiet', 'show warnings and errors alone').conflicts(['output', 'diff', 'verbose']));
}

/** Adds the flags of commands that go over the stages of the site. */
export function withStageFlags<Args extends unknown[], Opts extends OptionValues>(command: Command<Args, Opts>) {
  return command
    .option('--from <stage>', 'begin with this stage')
    .option('--to <stage>', 'end with this stage')
    .option('--skip <stages>', 'leave these stages out (comma-separated)', list);
}

/** Words between commas. */
export function list(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** @throws InvalidArgumentError for what is no whole number from 1 up. */
export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 up is needed');
  return number;
}
