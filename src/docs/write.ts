// `npm run docs`: writes the parts of README.md that are made from code, the inventory's schema for editors, and the schema of events.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { schemaFile } from '../inventory/example.ts';
import { inventoryJsonSchema } from '../inventory/reference.ts';
import { networkPlugins } from '../network/network.ts';
import { eventsJsonSchema, eventsSchemaFile } from './events-schema.ts';
import { updateReadme } from './readme.ts';

const root = join(dirname(schemaFile()), '..', '..');
const readme = join(root, 'README.md');
writeFileSync(readme, updateReadme(readFileSync(readme, 'utf8')));
writeFileSync(schemaFile(), inventoryJsonSchema(networkPlugins));
writeFileSync(eventsSchemaFile(root), eventsJsonSchema(root));
