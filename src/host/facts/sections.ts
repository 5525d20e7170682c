/** The output of the facts script, by section. */
export interface Sections {
  lines(section: string): readonly string[];
  has(section: string): boolean;
  /** Value of a key in a section of `KEY TAB VALUE` lines; the first where there are several. */
  value(section: string, key: string): string | undefined;
  values(section: string, key: string): readonly string[];
  /** Lines of a file that the script printed; empty where the file is absent or empty. */
  file(path: string): readonly string[];
}

/** Takes the script's output apart. */
export function readSections(stdout: string): Sections {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('@@')) {
      current = sections.get(line.slice(2)) ?? [];
      sections.set(line.slice(2), current);
    } else if (line !== '') current.push(line);
  }
  const lines = (section: string): readonly string[] => sections.get(section) ?? [];
  const values = (section: string, key: string): readonly string[] =>
    lines(section)
      .filter((line) => line.startsWith(`${key}\t`))
      .map((line) => line.slice(key.length + 1));
  return {
    lines,
    values,
    has: (section) => sections.has(section),
    value: (section, key) => values(section, key)[0],
    file: (path) =>
      lines('files')
        .filter((line) => line.startsWith(`${path}:`))
        .map((line) => line.slice(path.length + 1)),
  };
}
