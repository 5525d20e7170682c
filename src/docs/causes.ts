import { knownCauses } from '../causes/causes.ts';
import { cell, code, markdownTable } from './markdown.ts';

/** The causes of failures that k8sup knows, and what ends them. */
export function causeReference(): string {
  return markdownTable(
    ['Code', 'Cause', 'Fix', 'More'],
    knownCauses.map((known) => [code(known.code), cell(known.cause), cell(known.fix), `[page](${known.source})`]),
  );
}
