import { Help } from '@commander-js/extra-typings';
import type { Command, Option } from '@commander-js/extra-typings';

/** The program as its groups of commands are added to it. */
export type Program = ReturnType<Command['exitOverride']>;

/** The result of a command: its exit code. */
export type Exit = { code: number };

/** The examples at the end of a command's help. */
export function example(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** As commander has it, without a default that says no more than that the option was not given. */
export function optionDescription(option: Option): string {
  return new Help().optionDescription(option).replace(/ ?\(default: (\[\]|false)\)$/, '');
}
