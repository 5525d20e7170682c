import { randomBytes } from 'node:crypto';
import type { Content } from '../host/connection.ts';
import type { AnyResource } from '../resources/define.ts';
import { hostHolder, takeHostLock } from '../resources/host-lock.ts';
import { ownershipFunctions } from '../resources/ownership.ts';
import { compactLeft, recordHolder, recordLeft } from './left.ts';
import { quote, rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** What one section of a script printed, and its exit code. */
export interface Section {
  readonly exitCode: number;
  readonly output: string;
}

/** A script made of sections, and how to read its output back. */
export interface SectionScript {
  readonly script: string;
  readonly contents: readonly Content[];
  /** Section by key, for all sections that ended. */
  readonly parse: (stdout: string) => ReadonlyMap<string, Section>;
  /** The key of the section that a line of output begins, if it does. */
  readonly begins: (line: string) => string | undefined;
}

/** All probes in one script: each in a subshell of its own without standard input, so that none can disturb another. */
export function probeScript(probes: readonly { readonly key: string; readonly script: Sh }[]): SectionScript {
  const mark = newMark();
  const body = probes.map(
    ({ key, script }) => `${begin(mark, key)}\n(\n${script.sh}\n) </dev/null 2>&1\n${end(mark, key)}`,
  );
  return sectionScript(mark, body.join('\n'), []);
}

/** Keys of the sections of {@link applyScript}: `apply ID`, then `probe ID`. */
export const applyKey = (id: string): string => `apply ${id}`;
export const probeKey = (id: string): string => `probe ${id}`;
/** The sections that are there instead of all others: when another run holds the host, and where a lock cannot be taken at all. */
export const lockedKey = 'locked';
export const noLockKey = 'no-lock';

/**
 * Changes in one script, in order, each probed again at once; the first one that fails ends the script. It holds the host's lock. Standard input is for
 * resources with contents alone: a program of another one that reads (a maintainer script's question) would eat what follows.
 */
export function applyScript(
  resources: readonly AnyResource[],
  holder: string,
  lockSeconds: number,
  stage: string,
): SectionScript {
  const mark = newMark();
  const contents = resources.flatMap((resource) => resource.apply.contents ?? []);
  const steps = resources.map((resource) => {
    const own = resource.apply.contents ?? [];
    return `${begin(mark, applyKey(resource.id))}
( set -e; set -- ${own.map(lengthOf).join(' ')}
${resource.apply.script.sh}
) ${own.length === 0 ? '</dev/null ' : ''}2>&1
k8sup_rc=$?; ${endWith(mark, applyKey(resource.id), '$k8sup_rc')}; [ $k8sup_rc -eq 0 ] || exit 0
${begin(mark, probeKey(resource.id))}
k8sup_said=$( (\n${resource.probe.sh}\n) </dev/null 2>&1 ); k8sup_rc=$?
printf '%s\n' "$k8sup_said"
${endWith(mark, probeKey(resource.id), '$k8sup_rc')}
${recordLeft(resource, stage, quote)}`;
  });
  const lines = [
    ownershipFunctions,
    takeLock(mark, holder, lockSeconds),
    ...steps,
    compactLeft,
    recordHolder(holder, quote),
  ];
  return sectionScript(mark, lines.join('\n'), contents);
}

function takeLock(mark: string, holder: string, seconds: number): string {
  const told = (key: string, what: Sh): Sh =>
    rawShell(`${begin(mark, key)}; ${what.sh}; ${endWith(mark, key, '0')}; exit 0`);
  const otherwise = { taken: told(lockedKey, hostHolder), impossible: told(noLockKey, sh`command -v flock || :`) };
  return takeHostLock(holder, seconds, otherwise).sh;
}

function sectionScript(mark: string, script: string, contents: readonly Content[]): SectionScript {
  const begins = (line: string): string | undefined =>
    line.startsWith(`${mark}> `) ? line.slice(mark.length + 2) : undefined;
  return { script, contents, begins, parse: (stdout) => parseSections(mark, stdout) };
}

function parseSections(mark: string, stdout: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  let lines: string[] = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith(`${mark}> `)) lines = [];
    else if (line.startsWith(`${mark}< `)) {
      const [code = '255', ...key] = line.slice(mark.length + 2).split(' ');
      // The end mark is printed on a line of its own by a newline of ours, which is not the section's.
      sections.set(key.join(' '), { exitCode: Number(code), output: lines.join('\n').replace(/\n$/, '') });
    } else lines.push(line);
  }
  return sections;
}

const newMark = (): string => `@@k8sup-${randomBytes(9).toString('hex')}`;
const begin = (mark: string, key: string): string => `printf '%s\\n' ${quote(`${mark}> ${key}`)}`;
const end = (mark: string, key: string): string => endWith(mark, key, '$?');
const endWith = (mark: string, key: string, code: string): string =>
  `printf '\\n${mark}< %s %s\\n' ${code} ${quote(key)}`;

function lengthOf(content: Content): string {
  return String('bytes' in content ? content.bytes.length : content.length);
}
