import type { Command, Option } from '@commander-js/extra-typings';
import { K8supError } from '../../errors/k8sup-error.ts';
import { refusedFlags } from './refused-flags.ts';

/**
 * Words of a command line with cfssl's way of writing flags below `k8sup pki` turned into the one way that commander knows: `-ca file`,
 * `-ca=file` and `--ca file` become `--ca=file`, `-initca=true` becomes `--initca`.
 *
 * @throws K8supError `PKI_FLAG` for a flag of cfssl's that k8sup has not, and for a switch with a value that is neither true nor false.
 */
export function pkiWords(program: Command, args: readonly string[]): readonly string[] {
  const [group, name, ...rest] = args;
  const command = program.commands
    .find((one) => group === 'pki' && one.name() === group)
    ?.commands.find((one) => one.name() === name);
  if (group === undefined || name === undefined || command === undefined) return args;
  const words = [group, name];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (word === '--') return [...words, word, ...rest];
    const [, flag, value] = /^(?:--|-(?=[^=]{2}))([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === undefined) words.push(word);
    else words.push(...written({ flag, value, option: optionOf(command, flag) }, () => rest.shift()));
  }
  return words;
}

/** An option by its name without dashes. */
export function optionOf(command: Pick<Command, 'options'>, flag: string): Option | undefined {
  return command.options.find(({ long }) => long === `--${flag}`);
}

/** Every command of cfssl's has it; nothing is logged here, at whatever level. */
const logLevel = 'loglevel';

interface Flag {
  readonly flag: string;
  readonly value: string | undefined;
  readonly option: Option | undefined;
}

function written({ flag, value, option }: Flag, next: () => string | undefined): readonly string[] {
  if (option?.required === true) {
    const given = value ?? next();
    return [given === undefined ? `--${flag}` : `--${flag}=${given}`];
  }
  if (option) return isOn(flag, value) ? [`--${flag}`] : [];
  if (flag === logLevel) {
    if (value === undefined) next();
    return [];
  }
  const reason = refusedFlags.get(flag);
  if (reason === undefined) return [value === undefined ? `--${flag}` : `--${flag}=${value}`];
  throw flagError(`k8sup pki has no -${flag}: ${reason}`, 'leave it out');
}

/** As Go reads a switch. */
function isOn(flag: string, value: string | undefined): boolean {
  if (value === undefined || /^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw flagError(`${JSON.stringify(value)} is no value of -${flag}`, `write -${flag}, or -${flag}=false`);
}

function flagError(what: string, fix: string): K8supError {
  return new K8supError({ code: 'PKI_FLAG', kind: 'usage', what, fix });
}
