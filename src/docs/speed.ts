import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { schemaFile } from '../inventory/example.ts';
import { markdownTable } from './markdown.ts';

/** What `npm run bench` has found, as far as the README tells it. */
export interface BenchResults {
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly BenchRow[];
    readonly goals: readonly { readonly text: string; readonly measured: string; readonly met: boolean }[];
    readonly missing: readonly string[];
    readonly measured: { readonly at: string; readonly machine: string; readonly tools: readonly string[] };
  }[];
}

interface BenchRow {
  readonly what: string;
  /** 0 where there is none. */
  readonly hosts: number;
  readonly tool: string;
  readonly medianMs: number;
  /** It was ended then, and would have taken longer. */
  readonly cut?: true;
  readonly peakMiB?: number;
}

/** Folder of what the bench has found, from the package's root. */
const benchResultsFolder = 'test/bench/results';

/** The comparison from the bench's own output in the repository; says so where it has not been run. */
export function speedReference(): string {
  const file = join(dirname(schemaFile()), '..', '..', benchResultsFolder, 'results.json');
  return speedTables(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchResults) : { sections: [] });
}

/** A table for each part of the bench. Pure. */
export function speedTables({ sections }: BenchResults): string {
  if (sections.length === 0) return 'There are no results of the bench in this repository: it has not been run yet.';
  const report = `Medians of wall time; [the whole report](${benchResultsFolder}/report.md) has spreads, how each was measured, and why a goal was missed.`;
  return [...sections.map(sectionText), report].join('\n\n');
}

type BenchSection = BenchResults['sections'][number];

function sectionText({ title, rows, goals, missing, measured }: BenchSection): string {
  const { at, machine, tools } = measured;
  const lost = goals.filter(({ met }) => !met).map(({ text, measured: value }) => `- missed: ${text}: ${value}`);
  const met = goals.filter((goal) => goal.met).map(({ text, measured: value }) => `- met: ${text}: ${value}`);
  const left = missing.map((text) => `- not measured: ${text}`);
  const list = [...met, ...lost, ...left];
  const about = `**${title}**, ${[at.slice(0, 10), machine, ...tools].join('; ')}`;
  return [about, tableOf(rows), ...(list.length === 0 ? [] : [list.join('\n')])].join('\n\n');
}

/** A line for each thing and number of hosts, a column for each tool. */
function tableOf(rows: readonly BenchRow[]): string {
  const tools = [...new Set(rows.map(({ tool }) => tool))];
  const things = [...new Map(rows.map((row) => [`${row.what} ${String(row.hosts)}`, row])).values()];
  const lines = things.map(({ what, hosts }) => {
    const cells = tools.map((tool) =>
      cell(rows.find((row) => row.tool === tool && row.what === what && row.hosts === hosts)),
    );
    return [what, hosts === 0 ? '' : String(hosts), ...cells];
  });
  return markdownTable(['what', 'hosts', ...tools], lines);
}

function cell(row: BenchRow | undefined): string {
  if (row === undefined) return '–';
  const seconds = row.medianMs / 1000;
  const time = `${row.cut === true ? 'more than ' : ''}${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
  return row.peakMiB === undefined ? time : `${time}, ${String(row.peakMiB)} MiB`;
}
