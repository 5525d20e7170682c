import type { ExplainedValue, UnitExplanation } from '../engine/events.ts';
import type { Reader } from '../host/connection.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { formatPath } from '../inventory/path.ts';
import type { Path } from '../inventory/path.ts';
import type { Explanation, Source, Sourced } from '../resources/define.ts';
import { sh } from '../shell/sh.ts';

/** Puts a unit's sources into words, each key with its place in the file. Pure. */
export function explainUnit(
  inventory: Inventory,
  { unit, host, explanation }: { readonly unit: string; readonly host: Host; readonly explanation: Explanation },
  running: readonly string[] | undefined,
): UnitExplanation {
  const explained = (values: Readonly<Record<string, Sourced<unknown>>>): readonly ExplainedValue[] =>
    Object.entries(values).map(([name, { value, source }]) => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
      ...because(inventory, host, source),
    }));
  const flags = explained(explanation.flags);
  return {
    unit,
    host: host.name,
    flags,
    files: explanation.files.map(({ path, fields }) => ({ path, fields: explained(fields) })),
    ...(running === undefined ? {} : { running }),
    differs: running === undefined || flags.length === 0 ? [] : differences(flags, running),
  };
}

/** Arguments of the process that a unit runs, without the program; undefined where it runs none. */
export async function runningArguments(
  unit: string,
  reader: Reader,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const script = sh`pid=$(systemctl show -p MainPID --value ${unit})
[ "\${pid:-0}" -gt 0 ] || exit 0
tr '\\0' '\\n' < "/proc/$pid/cmdline"`;
  const { stdout } = await reader.read(script.sh, { signal, timeoutMs: 30_000 });
  return stdout === '' ? undefined : stdout.replace(/\n$/, '').split('\n').slice(1);
}

function because(inventory: Inventory, host: Host, source: Source): Pick<ExplainedValue, 'from' | 'because'> {
  if (source.from === 'extras') {
    const paths = source.keys.map((key) => pathOf(inventory, host, key));
    const written = paths.find((path) => inventory.document.has(path)) ?? paths[0] ?? [];
    return { from: 'extras', because: placeOf(inventory, written) };
  }
  if (source.from !== 'inventory') return { from: source.from, because: source.why };
  const path = pathOf(inventory, host, source.key.split('.'));
  if (inventory.document.has(path)) return { from: 'inventory', because: placeOf(inventory, path) };
  return { from: 'default', because: `default of ${formatPath(path)}` };
}

/** `hosts[]` stands for the host's own entry. */
function pathOf(inventory: Inventory, host: Host, key: readonly string[]): Path {
  return key.flatMap((part): Path => (part === 'hosts[]' ? ['hosts', inventory.hosts.indexOf(host)] : [part]));
}

function placeOf({ document }: Inventory, path: Path): string {
  const { file, line, column } = document.position(path);
  return `${formatPath(path)} at ${file}:${String(line)}:${String(column)}`;
}

function differences(flags: readonly ExplainedValue[], running: readonly string[]): readonly string[] {
  const wanted = flags.map(({ name, value }) => `--${name}=${value}`);
  return [
    ...wanted.filter((flag) => !running.includes(flag)).map((flag) => `the process does not have ${flag}`),
    ...running.filter((flag) => !wanted.includes(flag)).map((flag) => `the process has ${flag}`),
  ];
}
