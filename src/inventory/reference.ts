import * as z from 'zod';
import { additionsOf } from './plugin.ts';
import type { PluginDeclaration } from './plugin.ts';
import { playbookSchema } from './playbook/schema.ts';
import { inventorySchemas } from './schema.ts';
import { fieldsOf } from './schema/walk.ts';
import type { Field } from './schema/walk.ts';

/** The page with the keys of single networks, from the repository's root. */
export const networkSettingsPage = 'src/network/SETTINGS.md';

/** The README's table of all keys as Markdown, but for those of single networks, to which it leads. */
export function inventoryReference(plugins: readonly PluginDeclaration[]): string {
  const fields = fieldsOf(inventorySchemas(plugins).inventory);
  const names = networksOf(plugins);
  const elsewhere = new Set(fields.map((field) => networkOf(field, names)));
  return tableOf(
    fields.filter((field) => networkOf(field, names) === undefined),
    ({ path }) => {
      const name = path.length === 3 ? path.at(-1) : undefined;
      return name !== undefined && elsewhere.has(name)
        ? `: [its keys](${networkSettingsPage}#${name.toLowerCase()})`
        : '';
    },
  );
}

/** The page of {@link networkSettingsPage}; ends with a newline. */
export function networkSettingsReference(plugins: readonly PluginDeclaration[]): string {
  const fields = fieldsOf(inventorySchemas(plugins).inventory);
  const names = networksOf(plugins);
  const sections = names.flatMap((name) => {
    const own = fields.filter((field) => networkOf(field, names) === name);
    return own.length === 0 ? [] : [`## ${name}`, tableOf(own)];
  });
  return `${[settingsIntroduction, ...sections].join('\n\n')}\n`;
}

/** The page with the keys of playbooks, from the repository's root. */
export const playbookKeysPage = 'src/playbook/KEYS.md';

/** The page of {@link playbookKeysPage}; ends with a newline. */
export function playbookReference(): string {
  return `${[playbookIntroduction, tableOf(fieldsOf(playbookSchema))].join('\n\n')}\n`;
}

const playbookIntroduction = `<!-- made by npm run docs -->

# Keys of a playbook

What they are for is told in [steps of your own](../../README.md#steps-of-your-own). Editors with the YAML language server check and
complete them by [their schema](../inventory/playbook/playbook.schema.json), with this as the playbook's first line:

\`\`\`yaml
# yaml-language-server: $schema=<path to k8sup>/src/inventory/playbook/playbook.schema.json
\`\`\``;

const settingsIntroduction = `<!-- made by npm run docs -->

# Settings of networks

The keys of each network, and of what may stand beside one. Those that networks share, and all others, are in the
[inventory reference](../../README.md#inventory-reference); how each network works is [drawn here](README.md).`;

function networksOf(plugins: readonly PluginDeclaration[]): readonly string[] {
  return [...plugins, ...additionsOf(plugins)].map(({ name }) => name);
}

/** The network that a key belongs to, if it is below the network's own. */
function networkOf({ path: [top, section, name, inside] }: Field, names: readonly string[]): string | undefined {
  const own = (top === 'cluster' && section === 'network') || (top === 'hosts' && section === '[]');
  return own && inside !== undefined && name !== undefined && names.includes(name) ? name : undefined;
}

function tableOf(fields: readonly Field[], more: (field: Field) => string = () => ''): string {
  const rows = fields.map((field) => {
    const meaning = escapeCell(field.description) + more(field);
    return `| ${[`\`${printPath(field)}\``, field.type, standardOf(field), meaning].join(' | ')} |`;
  });
  return ['| Key | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** JSON schema (draft 7) of the inventory as it is written, for editors; ends with a newline. */
export function inventoryJsonSchema(plugins: readonly PluginDeclaration[]): string {
  return jsonSchemaOf(inventorySchemas(plugins).inventory);
}

/** The same of a playbook. */
export function playbookJsonSchema(): string {
  return jsonSchemaOf(playbookSchema);
}

function jsonSchemaOf(made: z.ZodType): string {
  const schema = z.toJSONSchema(made, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // A default in words is for readers; an editor would write it into the file.
      if ('standard' in jsonSchema) delete jsonSchema['standard'];
    },
  });
  return `${printJson(schema, '')}\n`;
}

/** As the project's formatter writes it: lists of plain values stay on a line where they fit. */
function printJson(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (!Array.isArray(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${deeper}"${key}": ${printJson(item, deeper)}`);
    return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
  }
  const items = value.map((item) => printJson(item, deeper));
  const line = `[${items.join(', ')}]`;
  if (!line.includes('\n') && line.length < 90) return line;
  return `[\n${items.map((item) => deeper + item).join(',\n')}\n${indent}]`;
}

function printPath(field: Field): string {
  return field.path.join('.').replaceAll('.[]', '[]');
}

function standardOf(field: Field): string {
  if (field.required) return '**required**';
  return field.standard === undefined ? '' : escapeCell(field.standard);
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
