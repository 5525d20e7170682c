import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';

/** Where {@link eventsJsonSchema} is kept. */
export function eventsSchemaFile(root: string): string {
  return join(root, 'src', 'engine', 'events.schema.json');
}

/**
 * JSON schema (draft 7) of a line of `-o json` and of a journal, from the types of `src/engine/events.ts` and their comments; ends with a newline.
 *
 * @param root - the folder of this repository: only there are the sources.
 */
export function eventsJsonSchema(root: string): string {
  const path = join(root, 'src', 'engine', 'events.ts');
  if (!existsSync(path)) throw new Error(`${path} is missing: the schema is made in a clone of the repository`);
  const schema = createGenerator({
    path,
    tsconfig: join(root, 'tsconfig.json'),
    type: 'EventLine',
    topRef: false,
    sortProps: false,
    // The compiler has done it, and is not the one that the generator brings.
    skipTypeCheck: true,
  }).createSchema('EventLine');
  return `${JSON.stringify(schema, null, 2)}\n`;
}
