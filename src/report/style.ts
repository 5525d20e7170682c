import pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

/** Marks that stand before a line, and the few signs used inside text. */
export interface Symbols {
  readonly ok: string;
  readonly failed: string;
  readonly skipped: string;
  readonly warning: string;
  readonly arrow: string;
  readonly more: string;
}

/** How text is drawn: everything a renderer needs to know of the terminal. */
export interface Style {
  readonly colors: Colors;
  readonly symbols: Symbols;
  readonly unicode: boolean;
  /** Columns a line may fill; Infinity where lines must not be cut. */
  readonly columns: number;
}

export function openStyle(options: { color: boolean; unicode: boolean; columns: number }): Style {
  return {
    colors: pc.createColors(options.color),
    symbols: options.unicode ? unicodeSymbols : asciiSymbols,
    unicode: options.unicode,
    columns: options.columns,
  };
}

type Env = Readonly<Record<string, string | undefined>>;

/** Whether to colour what goes to `out`: NO_COLOR wins over FORCE_COLOR, which wins over the terminal's own answer. */
export function supportsColor(out: { readonly isTTY?: boolean }, env: Env): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (env['FORCE_COLOR'] !== undefined) return !['0', 'false'].includes(env['FORCE_COLOR']);
  return out.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether the locale writes UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set decides, as POSIX has it. */
export function supportsUnicode(env: Env): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet) ?? '';
  return /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

const unicodeSymbols: Symbols = { ok: '✔', failed: '✖', skipped: '–', warning: '⚠', arrow: '→', more: '…' };
const asciiSymbols: Symbols = { ok: '[+]', failed: '[x]', skipped: '[-]', warning: '[!]', arrow: '->', more: '...' };
