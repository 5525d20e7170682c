import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { table } from '../../src/report/index.ts';
import type { Finding, Goal, Results, Row, Section } from './result.ts';
import { timelineText } from './timeline.ts';

/** A finding as text for a terminal. */
export function printFinding(finding: Finding): string {
  const rows = finding.rows.map((row) => [
    row.what,
    String(row.hosts),
    row.tool,
    median(row),
    spread(row),
    memory(row),
  ]);
  const goals = finding.goals.map(({ text, measured, met }) => [met ? 'met' : 'MISSED', text, measured]);
  const columns = 140;
  return [
    `\n${finding.title}`,
    table([['what', 'hosts', 'tool', 'median', 'spread', 'memory'], ...rows], { columns }),
    ...(goals.length === 0 ? [] : [table(goals, { columns })]),
    ...finding.goals.flatMap(({ text, why }) => (why === undefined ? [] : [`${text}: ${why}`])),
    ...finding.missing.map((text) => `not measured: ${text}`),
  ].join('\n');
}

/** Order of the parts in what is written. */
export const sectionIds = ['prepare', 'push', 'cluster', 'scale', 'startup', 'pki'] as const;

/** Puts a section into `results.json` and writes `report.md` anew; the other sections stay as an earlier run left them. */
export async function keepSection(folder: string, section: Section): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept = (await readResults(folder)).sections.filter(({ id }) => id !== section.id);
  const place = ({ id }: Section): number => sectionIds.findIndex((one) => one === id);
  const sections = [...kept, section].sort((a, b) => place(a) - place(b));
  const results: Results = { version: 1, sections };
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(results, rounded, 2)}\n`);
  await writeFile(join(folder, 'report.md'), reportText(results));
}

async function readResults(folder: string): Promise<Results> {
  try {
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as Results;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { version: 1, sections: [] };
    throw error;
  }
}

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 10) / 10 : value;

/** The report as Markdown. */
export function reportText({ sections }: Results): string {
  return `# What the bench measured\n\n${sections.map(sectionText).join('\n')}`;
}

function sectionText(section: Section): string {
  const { title, about, rows, goals, missing, measured, timeline } = section;
  const lines = rows.map((row) =>
    tableLine([row.what, row.hosts, row.tool, median(row), spread(row), row.runs, processor(row), memory(row)]),
  );
  return `## ${title}

${about}

Measured ${measured.at} in ${measured.seconds} s on ${[measured.machine, ...measured.tools].join('; ')}.

| what | hosts | tool | median | min to max | runs | processor time | peak memory |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

${chart(rows)}
${goals.length === 0 ? '' : `| goal | measured | | why |\n| --- | --- | --- | --- |\n${goals.map(goalLine).join('\n')}\n`}
${missing.map((text) => `Not measured: ${text}\n`).join('\n')}${timeline === undefined ? '' : timelineText(timeline)}`;
}

const tableLine = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

function goalLine({ text, measured, met, why = '' }: Goal): string {
  return tableLine([text, measured, met ? 'met' : 'missed', why]);
}

/** Bars on a logarithmic scale, from 100 ms up: what is compared lies decades apart. */
function chart(rows: readonly Row[]): string {
  const names = rows.map(({ what, hosts, tool }) => `${what}, ${hosts}: ${tool}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const bars = rows.map((row, index) => {
    const length = Math.max(1, Math.round(16 * Math.log10(Math.max(row.medianMs, 100) / 100)));
    return `${(names[index] ?? '').padEnd(width)}  ${'#'.repeat(length)} ${median(row)}`;
  });
  return ['```text', ...bars, '```', ''].join('\n');
}

const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`);
const median = (row: Row): string => `${row.cut === true ? 'more than ' : ''}${seconds(row.medianMs)}`;
const spread = (row: Row): string => `${seconds(row.minMs)} to ${seconds(row.maxMs)}`;
const processor = ({ cpuMs }: Row): string => (cpuMs === undefined ? '' : seconds(cpuMs));
const memory = ({ peakMiB }: Row): string => (peakMiB === undefined ? '' : `${peakMiB} MiB`);
