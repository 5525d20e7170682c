import type { Command, Option } from '@commander-js/extra-typings';
import { splitLine } from './line.ts';
import type { Line } from './line.ts';

/** One thing that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** The answer to shells where any file may stand. */
const anyFile: Candidate = { value: ':files', description: '' };

/** What only the user's own files tell. */
export interface Sources {
  /** @param inventory - the file as the line names it; undefined: the default. */
  hosts(inventory: string | undefined): Promise<readonly Candidate[]>;
  stages(inventory: string | undefined): Promise<readonly Candidate[]>;
  /** Playbooks of the inventory, whose stages run together. */
  playbooks(inventory: string | undefined): Promise<readonly Candidate[]>;
  runs(inventory: string | undefined): Promise<readonly Candidate[]>;
}

/**
 * What can follow on a command line; only what begins with the last word.
 *
 * @param words - the words after `k8sup` up to the cursor, the last one unfinished and perhaps empty.
 */
export async function candidates(
  program: Command,
  words: readonly string[],
  sources: Sources,
): Promise<readonly Candidate[]> {
  const line = splitLine(program, words);
  const { option, current } = line;
  if (option !== undefined) return valuesOf(option, line, sources);
  if (current.startsWith('-')) return starting(optionsOf(line), current);
  const { commands } = line.command;
  if (commands.length > 0) {
    const visible = line.command.createHelp().visibleCommands(line.command);
    return starting(
      visible.map((command) => ({ value: command.name(), description: command.description() })),
      current,
    );
  }
  return argumentsOf(line, sources);
}

/** Names of options whose values are hosts, in a list or alone, and of those whose values are stages. */
const hostOptions = new Set(['--limit', '--host']);
const stageOptions = new Set(['--from', '--to', '--skip']);

/** Names of arguments that are files. */
const fileArguments = new Set(['inventory', 'file', 'csr', 'certificate', 'subject', 'serials', 'authority', 'key']);

async function valuesOf(option: Option, line: Line, sources: Sources): Promise<readonly Candidate[]> {
  const { long } = option;
  if (option.argChoices !== undefined) return inLine(line, plain(option.argChoices));
  if (long !== undefined && hostOptions.has(long)) return inLine(line, await sources.hosts(line.inventory));
  if (long !== undefined && stageOptions.has(long)) return inLine(line, await sources.stages(line.inventory));
  return /<(file|dir|path)>/.test(option.flags) ? [anyFile] : [];
}

/** Values that begin as the last part of a comma-separated list does, with what stands before them. */
function inLine({ current, before }: Line, all: readonly Candidate[]): readonly Candidate[] {
  const given = current.split(',').slice(0, -1);
  const list = given.map((value) => `${value},`).join('');
  return all
    .filter(({ value }) => !given.includes(value) && value.startsWith(current.slice(list.length)))
    .map(({ value, description }) => ({ value: `${before}${list}${value}`, description }));
}

function optionsOf({ command, used }: Line): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => !used.has(option))
    .flatMap(({ long, description }) => (long === undefined ? [] : [{ value: long, description }]));
}

async function argumentsOf(line: Line, sources: Sources): Promise<readonly Candidate[]> {
  const { command, positionals, current } = line;
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[positionals.length] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return starting(plain(argument.argChoices), current);
  if (argument.name() === 'id') {
    const named = [...(await sources.stages(line.inventory)), ...(await sources.playbooks(line.inventory))];
    return [...starting(named, current), anyFile];
  }
  if (argument.name() === 'run') return starting(await sources.runs(line.inventory), current);
  return fileArguments.has(argument.name()) ? [anyFile] : [];
}

function plain(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

function starting(all: readonly Candidate[], current: string): readonly Candidate[] {
  return all.filter(({ value }) => value.startsWith(current));
}
