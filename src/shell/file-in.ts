/**
 * Shell that prints the first file found in a directory, and nothing where there is none. What is mounted below and what `fsck` found do not count: clean
 * leaves both alone.
 *
 * @param variable - the shell variable that holds the directory.
 */
export function fileIn(variable: string): string {
  const directory = `"$${variable}"`;
  return `find ${directory}/ -mindepth 1 -type d \\( -path ${directory}/lost+found -o -exec mountpoint -q {} \\; \\) -prune -o ! -type d -print -quit`;
}
