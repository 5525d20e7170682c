/** A command line: words, not text; `prefix` holds systemd's own marks such as `+` or `-`. */
export interface UnitCommand {
  readonly command: readonly string[];
  /** Names of variables from an environment file, whose words follow the command's, split at blanks. */
  readonly variables?: readonly string[];
  readonly prefix?: '+' | '-' | '-+';
}

/** One `Environment=` assignment. */
export interface UnitVariable {
  readonly variable: string;
  readonly value: string;
}

export type UnitValue = string | number | boolean | UnitCommand | UnitVariable;

/** Settings in the order in which they are written; a list repeats its setting. */
export type UnitSection = Readonly<Record<string, UnitValue | readonly UnitValue[]>>;

/**
 * Text of a systemd unit. Nothing in a value is ever taken as a specifier (`%`), a variable (`$`) or a second line; in command lines each
 * word after the first stands on a line of its own.
 */
export function unitText(sections: Readonly<Record<string, UnitSection>>): string {
  return Object.entries(sections)
    .map(([name, section]) => `[${name}]\n${sectionText(section)}`)
    .join('\n');
}

/** A unit file as people compare it: each word of a command line on a line of its own, however it was written. */
export function unitView(text: string): string {
  return text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => (/^\s*Exec\w+\s*=/.test(line) ? wordsOf(line).join('\n  ') : line))
    .join('\n');
}

/** Split at blanks outside of quotes. */
function wordsOf(line: string): readonly string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'])+/g) ?? [line];
}

/** One word of a command line in a unit file, quoted where systemd would split or change it (systemd.service(5), "Command lines"). */
export function unitWord(word: string): string {
  const text = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%$+=:,./*!()[\]{}~^#-]+$/.test(text) && !text.startsWith('#') ? text : quoted(text);
}

function sectionText(section: UnitSection): string {
  const lines = Object.entries(section).flatMap(([name, value]) =>
    (isList(value) ? value : [value]).map((single) => `${name}=${valueText(single)}\n`),
  );
  return lines.join('');
}

function isList(value: UnitValue | readonly UnitValue[]): value is readonly UnitValue[] {
  return Array.isArray(value);
}

function valueText(value: UnitValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return plain(value);
  if ('variable' in value) return quotedVariable(value);
  const variables = (value.variables ?? []).map((name) => `$${name}`);
  return (value.prefix ?? '') + [...value.command.map(unitWord), ...variables].join(' \\\n  ');
}

function plain(value: string): string {
  if (/[\n\r]|\\$/.test(value)) throw new Error(`a unit setting must be one line: ${JSON.stringify(value)}`);
  return value.replaceAll('%', '%%');
}

/** `Environment=` expands specifiers but no variables, unlike command lines. */
function quotedVariable({ variable, value }: UnitVariable): string {
  return quoted(`${variable}=${value.replaceAll('%', '%%')}`);
}

function quoted(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
