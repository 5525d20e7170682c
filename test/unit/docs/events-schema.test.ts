import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventsJsonSchema, eventsSchemaFile } from '../../../src/docs/events-schema.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the schema of events is the one that the types give; npm run docs writes it anew', () => {
  expect(readFileSync(eventsSchemaFile(root), 'utf8')).toBe(eventsJsonSchema(root));
});
