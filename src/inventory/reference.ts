import { z } from 'zod';
import type { PluginDeclaration } from './plugin.ts';
import { inventorySchemas } from './schema.ts';
import { fieldsOf } from './schema/walk.ts';
import type { Field } from './schema/walk.ts';

/** The README's table of all keys, as Markdown. */
export function inventoryReference(plugins: readonly PluginDeclaration[]): string {
  const rows = fieldsOf(inventorySchemas(plugins).inventory).map((field) => {
    const cells = [`\`${printPath(field)}\``, field.type, standardOf(field), escapeCell(field.description)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Key | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

/** JSON schema (draft 7) of the inventory as it is written, for editors; ends with a newline. */
export function inventoryJsonSchema(plugins: readonly PluginDeclaration[]): string {
  const schema = z.toJSONSchema(inventorySchemas(plugins).inventory, {
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
