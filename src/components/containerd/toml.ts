/** What a TOML file can hold here: no dates, no arrays of tables. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

/**
 * Writes TOML 1.0: a table's own values first, its tables after them, in the order of the object.
 *
 * @throws TypeError for what TOML or this writer cannot say: null, undefined, an infinite number, tables in arrays.
 */
export function tomlText(table: Readonly<Record<string, unknown>>): string {
  return tableLines(table, []).join('\n').replace(/^\n/, '') + '\n';
}

function tableLines(table: Readonly<Record<string, unknown>>, path: readonly string[]): readonly string[] {
  const entries = Object.entries(table);
  const values = entries.filter(([, value]) => !isTable(value));
  const tables = entries.filter((entry): entry is [string, Record<string, unknown>] => isTable(entry[1]));
  const head = path.length > 0 && (values.length > 0 || tables.length === 0) ? ['', `[${path.join('.')}]`] : [];
  return [
    ...head,
    ...values.map(([key, value]) => `${keyText(key)} = ${valueText(value, key)}`),
    ...tables.flatMap(([key, child]) => tableLines(child, [...path, keyText(key)])),
  ];
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : stringText(key);
}

function valueText(value: unknown, key: string): string {
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => valueText(item, key)).join(', ')}]`;
  throw new TypeError(`TOML cannot hold the value of ${key}`);
}

/** Literal strings need no escapes, so they are preferred; the rest is escaped as basic strings. */
function stringText(text: string): string {
  if (!/['\u0000-\u001f\u007f]/.test(text)) return `'${text}'`;

  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
