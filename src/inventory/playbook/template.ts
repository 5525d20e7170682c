import { suggest } from '../suggest.ts';

/** A name in a template, with its place in it (both from 1). */
export interface TemplateName {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** Everything between two pairs of braces on one line; `{{ "{{" }}` stands for the braces themselves. */
const pattern = /\{\{([^\n]*?)\}\}/g;

/** The names that a template has in it, in order; texts in quotes are none. */
export function namesOf(template: string): readonly TemplateName[] {
  return [...template.matchAll(pattern)].flatMap((match) => {
    const name = (match[1] ?? '').trim();
    if (quoted(name) !== undefined) return [];
    const before = template.slice(0, match.index).split('\n');
    return [{ name, line: before.length, column: (before.at(-1) ?? '').length + 1 }];
  });
}

/**
 * The template with values in the place of names; there is no logic.
 *
 * @param valueOf - gives undefined for a name that is not known.
 * @throws Error naming it: checks come before.
 */
export function render(template: string, valueOf: (name: string) => string | undefined): string {
  return template.replaceAll(pattern, (_whole, inside: string) => {
    const name = inside.trim();
    const value = quoted(name) ?? valueOf(name);
    if (value === undefined) throw new Error(`the template names ${JSON.stringify(name)}, which is not known`);
    return value;
  });
}

/** What is said of an unknown name. */
export function unknownName(
  name: string,
  known: readonly string[],
): { readonly message: string; readonly fix: string } {
  const near = suggest(name, known);
  return {
    message: `there is no value ${JSON.stringify(name)} for {{ ${name} }}`,
    fix: near === undefined ? `known: ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
  };
}

function quoted(name: string): string | undefined {
  return /^"([^"]*)"$/.exec(name)?.[1];
}
