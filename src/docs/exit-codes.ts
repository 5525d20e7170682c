import { exitCodeMeanings } from '../errors/exit-code-meanings.ts';
import { exitCodes } from '../errors/k8sup-error.ts';
import type { ExitKind } from '../errors/k8sup-error.ts';
import { cell, markdownTable } from './markdown.ts';

/** Every exit code and what it tells. */
export function exitCodeReference(): string {
  const kinds = Object.keys(exitCodes) as ExitKind[];
  return markdownTable(
    ['Code', 'Kind', 'Meaning'],
    kinds.map((kind) => [String(exitCodes[kind]), kind, cell(exitCodeMeanings[kind])]),
  );
}
