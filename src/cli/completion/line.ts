import type { Command, Option } from '@commander-js/extra-typings';

/** A command line up to the cursor, as far as it can be understood. */
export interface Line {
  readonly command: Command;
  /** Arguments of the command before the last word. */
  readonly positionals: readonly string[];
  readonly used: ReadonlySet<Option>;
  /** The option whose value the last word is. */
  readonly option: Option | undefined;
  /** The last word, or its part behind `--option=`. */
  readonly current: string;
  /** What of the last word stands before {@link Line.current}. */
  readonly before: string;
  /** The inventory file that the line names. */
  readonly inventory: string | undefined;
}

/** @param words - the words after `k8sup`, the last one unfinished; a shell may have made words of their own of each `=`. */
export function splitLine(program: Command, words: readonly string[]): Line {
  const { complete, current, before } = joinEquals(words);
  const state: State = { command: program, positionals: [], used: new Set(), option: undefined, inventory: undefined };
  for (const word of complete) take(state, word);
  const open = before === '' ? undefined : optionOf(state.command, before.slice(0, -1));
  const index = state.command.registeredArguments.findIndex((argument) => argument.name() === 'inventory');
  return {
    ...state,
    option: state.option ?? open,
    current,
    before,
    inventory: state.inventory ?? state.positionals[index],
  };
}

interface State {
  command: Command;
  readonly positionals: string[];
  readonly used: Set<Option>;
  option: Option | undefined;
  inventory: string | undefined;
}

function take(state: State, word: string): void {
  if (state.option !== undefined) {
    if (state.option.long === '--inventory') state.inventory = word;
    state.option = undefined;
    return;
  }
  const [name = '', value] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
  const option = optionOf(state.command, name);
  if (option !== undefined) {
    state.used.add(option);
    if (option.required && (value === undefined || value === '')) state.option = option;
    else if (option.long === '--inventory') state.inventory = value;
    return;
  }
  const child = state.command.commands.find((command) => command.name() === word);
  if (child !== undefined) state.command = child as Command;
  else if (!word.startsWith('-')) state.positionals.push(word);
}

function optionOf(command: Command, name: string): Option | undefined {
  // Below pki one dash will do, as in cfssl.
  const alone = command.parent?.name() === 'pki';
  return command.options.find(
    ({ long, short }) => name !== '' && (long === name || short === name || (alone && long === `-${name}`)),
  );
}

/** bash splits `--limit=h1` into three words. */
function joinEquals(words: readonly string[]): {
  readonly complete: readonly string[];
  readonly current: string;
  readonly before: string;
} {
  const joined: string[] = [];
  for (const word of words.slice(0, -1)) {
    const last = joined.at(-1);
    if (word === '=' && last?.startsWith('--') === true) joined[joined.length - 1] = `${last}=`;
    else if (last?.startsWith('--') === true && last.endsWith('=')) joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  const word = words.at(-1) ?? '';
  const last = joined.at(-1);
  if (word === '=' && last?.startsWith('--') === true) {
    joined[joined.length - 1] = `${last}=`;
    return { complete: joined, current: '', before: '' };
  }
  const [, before = '', value] = /^(--[^=]+=)(.*)$/s.exec(word) ?? [];
  return { complete: joined, current: value ?? word, before };
}
