import { readFileSync } from 'node:fs';
import type { AnyResource, Change } from '../../src/resources/define.ts';

/** What a resource makes of what a probe printed on some host. */
export interface ResourceCase<Want> {
  readonly title: string;
  readonly want: Want;
  /** Lines of the probe's output. */
  readonly probe: readonly string[];
  /** Ids of resources earlier in the stage that have changes. */
  readonly changing?: readonly string[];
  /** `PATH: FROM -> TO (EFFECT)`, in order. */
  readonly changes: readonly string[];
}

/** Reads a case file (JSON: a list of cases) that lies beside a test. */
export function readCases<Want>(file: string, test: string): readonly ResourceCase<Want>[] {
  return JSON.parse(readFileSync(new URL(file, test), 'utf8')) as readonly ResourceCase<Want>[];
}

/** The changes of a case as text. */
export function changesOf(resource: AnyResource, output: string, changing: readonly string[] = []): readonly string[] {
  // `parse` has its own state type, which only the resource's own `diff` needs to know.
  const state: unknown = resource.parse(output);
  return resource.diff(state, { changing: new Set(changing) }).map(changeText);
}

export function changeText({ path, from, to, effect }: Change): string {
  return `${path}: ${from} -> ${to} (${effect})`;
}
