import type { ExplainedValue, UnitExplanation } from '../engine/events.ts';
import { oneLine } from './words.ts';

const words: Readonly<Record<ExplainedValue['from'], string>> = {
  inventory: 'inventory',
  default: 'inventory',
  extras: 'your own',
  k8sup: 'k8sup',
  release: 'release',
  host: 'host',
};

/** Each flag and field, a line each, with where it comes from on the next one. The text ends without a newline. */
export function renderExplanation({ unit, host, flags, files, running, differs }: UnitExplanation): string {
  const block = (title: string, prefix: string, values: readonly ExplainedValue[]): readonly string[] => [
    '',
    title,
    ...values.flatMap(({ name, value, from, because }) => [
      `  ${prefix}${oneLine(name)}${prefix === '' ? ': ' : '='}${oneLine(value)}`,
      `      ${words[from]}: ${oneLine(because)}`,
    ]),
  ];
  const state =
    running === undefined
      ? ['It does not run.']
      : differs.length === 0
        ? ['It runs with just these flags.']
        : ['It runs with other flags:', ...differs.map((line) => `  ${oneLine(line)}`)];
  return [
    `${unit} on ${host}`,
    ...state,
    ...(flags.length === 0 ? [] : block('Flags', '--', flags)),
    ...files.flatMap(({ path, fields }) => block(path, '', fields)),
  ].join('\n');
}
