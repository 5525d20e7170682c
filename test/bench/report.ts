import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { table } from '../../src/report/index.ts';
import type { Goal, Results, Row, Section } from './result.ts';

/** A section as text for a terminal. */
export function printSection(section: Section): string {
  const rows = section.rows.map((row) => [row.what, String(row.hosts), row.tool, seconds(row.medianMs), spread(row)]);
  const goals = section.goals.map(({ text, measured, met }) => [met ? 'met' : 'MISSED', text, measured]);
  const columns = 140;
  return [
    `\n${section.title}`,
    table([['what', 'hosts', 'tool', 'median', 'spread'], ...rows], { columns }),
    ...(goals.length === 0 ? [] : [table(goals, { columns })]),
    ...section.missing.map((text) => `not measured: ${text}`),
  ].join('\n');
}

/** Writes `results.json` and `report.md`; sections that this run did not measure keep what an earlier one found. */
export async function writeReport(folder: string, results: Results): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'results.json');
  const before = await readFile(file, 'utf8').then(
    (text) => (JSON.parse(text) as Results).sections,
    () => [],
  );
  const kept = before.filter(({ id }) => !results.sections.some((section) => section.id === id));
  const all = { ...results, sections: [...results.sections, ...kept] };
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(join(folder, 'report.md'), markdown(all));
}

function markdown({ date, machine, tools, sections }: Results): string {
  const about = `${date}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}`;
  const versions = Object.values(tools).join('; ');
  return `# What the bench measured\n\n${about}. ${versions}.\n\n${sections.map(sectionText).join('\n')}`;
}

function sectionText(section: Section): string {
  const { title, about, rows, goals, missing } = section;
  return `## ${title}

${about}

| what | hosts | tool | median | min to max | runs |
| --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${[row.what, row.hosts, row.tool, seconds(row.medianMs), spread(row), row.runs].join(' | ')} |`).join('\n')}

${chart(rows)}
${goals.length === 0 ? '' : `| goal | measured | |\n| --- | --- | --- |\n${goals.map(goalLine).join('\n')}\n`}
${missing.map((text) => `Not measured: ${text}\n`).join('\n')}`;
}

const goalLine = ({ text, measured, met }: Goal): string => `| ${text} | ${measured} | ${met ? 'met' : 'missed'} |`;

/** Bars on a logarithmic scale, from 100 ms up: what is compared lies decades apart. */
function chart(rows: readonly Row[]): string {
  const names = rows.map(({ what, hosts, tool }) => `${what}, ${hosts}: ${tool}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const bars = rows.map((row, index) => {
    const length = Math.max(1, Math.round(16 * Math.log10(Math.max(row.medianMs, 100) / 100)));
    return `${(names[index] ?? '').padEnd(width)}  ${'#'.repeat(length)} ${seconds(row.medianMs)}`;
  });
  return ['```text', ...bars, '```', ''].join('\n');
}

const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`);
const spread = (row: Row): string => `${seconds(row.minMs)} to ${seconds(row.maxMs)}`;
