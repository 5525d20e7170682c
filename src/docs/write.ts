// `npm run docs`: writes what is made from code: parts of README.md, the pages of networks' settings and of playbooks' keys, and the schemas of the inventory, of playbooks and of events.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { playbookSchemaFile, schemaFile } from '../inventory/example.ts';
import {
  inventoryJsonSchema,
  networkSettingsPage,
  networkSettingsReference,
  playbookJsonSchema,
  playbookKeysPage,
  playbookReference,
} from '../inventory/reference.ts';
import { networkPlugins } from '../network/network.ts';
import { eventsJsonSchema, eventsSchemaFile } from './events-schema.ts';
import { updateReadme } from './readme.ts';

const root = join(dirname(schemaFile()), '..', '..');
const readme = join(root, 'README.md');
writeFileSync(readme, updateReadme(readFileSync(readme, 'utf8')));
writeFileSync(join(root, networkSettingsPage), networkSettingsReference(networkPlugins));
writeFileSync(join(root, playbookKeysPage), playbookReference());
writeFileSync(schemaFile(), inventoryJsonSchema(networkPlugins));
writeFileSync(playbookSchemaFile(), playbookJsonSchema());
writeFileSync(eventsSchemaFile(root), eventsJsonSchema(root));
