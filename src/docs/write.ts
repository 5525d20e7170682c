// `npm run docs`: writes the parts of README.md that are made from code, and the inventory's schema for editors.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { schemaFile } from '../inventory/example.ts';
import { inventoryJsonSchema } from '../inventory/reference.ts';
import { networkPlugins } from '../network/network.ts';
import { updateReadme } from './readme.ts';

const readme = join(dirname(schemaFile()), '..', '..', 'README.md');
writeFileSync(readme, updateReadme(readFileSync(readme, 'utf8')));
writeFileSync(schemaFile(), inventoryJsonSchema(networkPlugins));
