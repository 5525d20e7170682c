import { safe } from '../words.ts';

/** Markup that is ready to be put into a page; only {@link html} and {@link joined} make it. */
export interface Markup {
  readonly markup: string;
}

/** A template whose values are text: secrets and control characters are taken out of it and it is escaped, unless it is markup already. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Markup | undefined)[]
): Markup {
  const text = parts.map((part, index) => part + (index < values.length ? markupOf(values[index]) : ''));
  return { markup: text.join('') };
}

/** Pieces one after the other. */
export function joined(pieces: readonly Markup[]): Markup {
  return { markup: pieces.map(({ markup }) => markup).join('') };
}

export const nothing: Markup = { markup: '' };

function markupOf(value: string | number | Markup | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? value.markup : escape(safe(String(value)));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
