/**
 * JSON in which a program fills in values later: a placeholder such as `__CNI_MTU__` may stand where JSON has a number, without quotes. It is read as a
 * text that begins with a character that no JSON text of upstream holds, so that it is printed without quotes again.
 */
const mark = '\u{F8FF}';

/** A text is told from a placeholder by its quotes. */
const textOrPlaceholder = /"(?:[^"\\]|\\.)*"|__[A-Z0-9_]+__/g;

/** The value of a text, or undefined where it is no JSON. */
export function parseTemplate(text: string): unknown {
  const quoted = text.replaceAll(textOrPlaceholder, (token) => (token.startsWith('"') ? token : `"${mark}${token}"`));
  try {
    return JSON.parse(quoted) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The text of a value that {@link parseTemplate} gave. */
export function printTemplate(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(new RegExp(`"${mark}(__[A-Z0-9_]+__)"`, 'g'), '$1');
}

/** An unquoted placeholder, for a value that upstream's program fills in. */
export function placeholder(name: string): string {
  return `${mark}__${name}__`;
}
