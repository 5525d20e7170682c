import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the JSON schema that comes with k8sup. */
export function schemaFile(): string {
  return join(packageRoot(), 'src', 'inventory', 'inventory.schema.json');
}

/** The same of playbooks. */
export function playbookSchemaFile(): string {
  return join(packageRoot(), 'src', 'inventory', 'playbook', 'playbook.schema.json');
}

/**
 * The commented inventory that `k8sup init` writes: inventory.example.yaml, with the place of the schema for editors in its first line.
 *
 * @param schema - path or URL of the schema as the new file should name it; default {@link schemaFile}.
 */
export function exampleInventory(schema: string = schemaFile()): string {
  const text = readFileSync(join(packageRoot(), 'inventory.example.yaml'), 'utf8');
  return text.replace(/^(# yaml-language-server: \$schema=).*$/m, (_line, start: string) => `${start}${schema}`);
}

/** Sources and compiled files lie at different depths below the package. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'inventory.example.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('inventory.example.yaml is missing from the package');
    folder = parent;
  }
  return folder;
}
