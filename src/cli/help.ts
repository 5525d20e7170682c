import type { Command } from '@commander-js/extra-typings';

/** The program as its groups of commands are added to it. */
export type Program = ReturnType<Command['exitOverride']>;

/** The result of a command: its exit code. */
export type Exit = { code: number };

/** The examples at the end of a command's help. */
export function example(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
