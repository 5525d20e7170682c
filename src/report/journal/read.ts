import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { EventLine, RunEvent } from '../../engine/events.ts';

/** Names of journals: `TIME-COMMAND.ndjson`, so that their order is that of time. */
export const journalName = /^\d{4}-\d{2}-\d{2}T.*\.ndjson$/;

/**
 * The journals of a cluster, the newest first.
 *
 * @param dir - the cluster's state folder, `.k8sup/CLUSTER`.
 * @returns absolute or relative paths, as `dir` is; nothing where there never was a run.
 */
export function listJournals(dir: string): readonly string[] {
  const folder = join(dir, 'logs');
  return namesIn(folder)
    .filter((name) => journalName.test(name))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/**
 * The events of a journal, in order. Lines that are no events (the last one of a run that was killed, those of a later release) are passed over.
 *
 * @param types - only events of these types, which saves the reading of the others.
 */
export function readJournal<T extends RunEvent['type'] = RunEvent['type']>(
  path: string,
  types?: readonly T[],
): readonly (EventLine & { readonly type: T })[] {
  const wanted = types?.map((type) => `"type":${JSON.stringify(type)}`);
  const events: (EventLine & { readonly type: T })[] = [];
  for (const text of linesOf(path)) {
    if (wanted !== undefined && !wanted.some((part) => text.includes(part))) continue;
    const line = parseLine(text);
    if (line !== undefined && isWanted(line, types)) events.push(line);
  }
  return events;
}

function isWanted<T>(line: EventLine, types: readonly T[] | undefined): line is EventLine & { readonly type: T } {
  return types === undefined || types.some((type) => type === line.type);
}

/** Piece by piece: journals of many hosts are large, and often little of them is wanted. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(1 << 18);
    let rest = '';
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      const lines = (rest + decoder.write(buffer.subarray(0, length))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    yield rest;
  } finally {
    closeSync(file);
  }
}

/** Journals of before the lines had versions are read as well. */
function parseLine(text: string): EventLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<EventLine> | null;
    return typeof line?.type === 'string' && typeof line.at === 'string' ? (line as EventLine) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
