import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

const file = new URL('../../src/engine/events.schema.json', import.meta.url);
const validate = new Ajv({ allErrors: false }).compile(JSON.parse(readFileSync(file, 'utf8')) as object);

/**
 * Reads lines of `-o json` or of a journal.
 *
 * @throws Error naming the first line that the schema in the repository does not allow.
 */
export function parseEventLines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const event: unknown = JSON.parse(line);
      if (validate(event)) return event;
      const [error] = validate.errors?.filter(({ keyword }) => keyword !== 'const') ?? [];
      throw new Error(`this line is not as the schema of events says (${error?.message ?? ''}): ${line}`);
    });
}
