type Table = Readonly<Record<string, unknown>>;

/**
 * Writes TOML 1.0: a table's own values first, its tables after them, in the order of the object.
 *
 * @throws TypeError for null and undefined, which TOML does not have.
 */
export function tomlText(table: Table): string {
  return tableLines(table, []).join('\n').replace(/^\n/, '') + '\n';
}

function tableLines(table: Table, path: readonly string[]): readonly string[] {
  const entries = Object.entries(table);
  const values = entries.filter(([, value]) => !isTable(value) && !isTables(value));
  const head = path.length > 0 && (values.length > 0 || entries.length === 0) ? ['', `[${path.join('.')}]`] : [];
  return [...head, ...bodyLines(table, path)];
}

/** All of a table behind its head. */
function bodyLines(table: Table, path: readonly string[]): readonly string[] {
  const values: string[] = [];
  const tables: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const place = [...path, keyText(key)];
    if (isTable(value)) tables.push(...tableLines(value, place));
    else if (isTables(value))
      tables.push(...value.flatMap((item) => ['', `[[${place.join('.')}]]`, ...bodyLines(item, place)]));
    else values.push(`${keyText(key)} = ${valueText(value, key)}`);
  }
  return [...values, ...tables];
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTables(value: unknown): value is readonly Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : stringText(key);
}

/** Tables are among values only in a list that holds other things too, or in a list of lists. */
function valueText(value: unknown, key: string): string {
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
  if (Array.isArray(value)) return `[${value.map((item: unknown) => valueText(item, key)).join(', ')}]`;
  if (isTable(value)) {
    const fields = Object.entries(value).map(([name, item]) => `${keyText(name)} = ${valueText(item, name)}`);
    return `{ ${fields.join(', ')} }`;
  }
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
