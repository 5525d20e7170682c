import { stringify } from 'yaml';

/** YAML for Go programs: strings such as `yes` and `on` are quoted, lines are never folded. */
export function yamlText(value: unknown): string {
  return stringify(value, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

/** JSON with two spaces and a final newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
