import { makeProgram } from '../cli/program.ts';
import { cell, code, markdownTable } from './markdown.ts';

type Program = ReturnType<typeof makeProgram>;

/** One command of the program, as its own help has it. */
export interface CommandDoc {
  /** For example `lab up`. */
  readonly name: string;
  /** With arguments: `stage <id> [inventory]`. */
  readonly usage: string;
  readonly description: string;
  readonly options: readonly OptionDoc[];
  readonly examples: readonly string[];
}

interface OptionDoc {
  readonly flags: string;
  readonly description: string;
}

/** Every command, the common flags once, and each command's examples. */
export function commandReference(): string {
  const commands = commandDocs();
  const common = commonOptions(commands);
  const rows = commands.map(({ usage, description, options }) => [
    code(`k8sup ${usage}`),
    cell(description),
    options
      .filter((option) => !common.some((shared) => sameOption(shared, option)))
      .map((option) => `${code(option.flags)} ${cell(option.description)}`)
      .join('<br>'),
  ]);
  return [
    markdownTable(['Command', 'What it does', 'Options of its own'], rows),
    `Shared by the commands that reach hosts (${names(commands.filter(({ options }) => hasLimit(options)))}):`,
    markdownTable(
      ['Option', 'Meaning'],
      common.map(({ flags, description }) => [code(flags), cell(description)]),
    ),
    `Examples:\n\n\`\`\`sh\n${commands.flatMap(({ examples }) => examples).join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function names(commands: readonly CommandDoc[]): string {
  return commands.map(({ name }) => name).join(', ');
}

/** All commands that do something, in the order of the program's help. */
export function commandDocs(): readonly CommandDoc[] {
  let written = '';
  const sink = { write: (text: string) => ((written += text), true) } as unknown as NodeJS.WritableStream;
  const program = makeProgram({ out: sink, err: sink, in: process.stdin, env: {} }, { code: 0 });
  const help = (command: Program): string => {
    written = '';
    command.outputHelp();
    return written;
  };
  return leaves(program, []).map(({ command, path }) => describe(command, path.join(' '), help(command)));
}

function leaves(
  command: Program,
  path: readonly string[],
): readonly { readonly command: Program; readonly path: readonly string[] }[] {
  if (command.commands.length === 0) return [{ command, path }];
  return command.commands.flatMap((child) => leaves(child as unknown as Program, [...path, child.name()]));
}

function describe(command: Program, name: string, help: string): CommandDoc {
  const parameters = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${text}>` : `[${text}]`;
  });
  return {
    name,
    usage: [name, ...parameters].join(' '),
    description: command.description(),
    options: command.options.map((option) => ({
      flags: option.flags,
      description: `${option.description}${standard(option)}`,
    })),
    examples: [...help.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line]) => line ?? ''),
  };
}

function standard(option: {
  readonly defaultValue?: unknown;
  readonly defaultValueDescription?: string | undefined;
  readonly negate: boolean;
}): string {
  const { defaultValue } = option;
  if (option.negate || (typeof defaultValue !== 'string' && typeof defaultValue !== 'number')) return '';
  return ` (default: ${option.defaultValueDescription ?? String(defaultValue)})`;
}

function commonOptions(commands: readonly CommandDoc[]): readonly OptionDoc[] {
  const [first, ...others] = commands.map(({ options }) => options).filter(hasLimit);
  return (first ?? []).filter((option) =>
    others.every((options) => options.some((candidate) => sameOption(candidate, option))),
  );
}

function hasLimit(options: readonly OptionDoc[]): boolean {
  return options.some(({ flags }) => flags.startsWith('--limit '));
}

function sameOption(a: OptionDoc, b: OptionDoc): boolean {
  return a.flags === b.flags && a.description === b.description;
}
