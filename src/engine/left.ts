import { createHash } from 'node:crypto';
import { stateDir } from '../resources/ownership.ts';
import type { AnyResource } from '../resources/define.ts';

/** What the last apply left of each resource on a host: a line each, later ones of the same id count. */
export const leftFile = `${stateDir}/left`;

/** Who last changed anything on a host, and when, on one line: what is known where the controller's state is lost. */
const appliedByFile = `${stateDir}/applied-by`;

/** One line of {@link leftFile}: `ID TAB STAGE TAB WANTED TAB FOUND`. */
export interface Left {
  readonly stage: string;
  /** Hash of what was wanted, see {@link wantedHash}. */
  readonly wanted: string;
  /** Hash of what the probe printed when it was done. */
  readonly found: string;
}

/**
 * Why a resource differs:
 * - `host`: it was changed on the host since an apply left it, and the inventory still wants the same
 * - `cluster`: the same of an object, in the cluster
 * - `inventory`: it is as an apply left it; the inventory, a certificate near its end, or k8sup itself wants something else now
 * - `both`
 * - `unrecorded`: no apply has changed it there, so nobody knows
 */
export type DriftCause = 'host' | 'cluster' | 'inventory' | 'both' | 'unrecorded';

/** Somebody who has written fields of an object, as the apiserver remembers it. */
export interface FieldWriter {
  /** The name it goes by there, for example `kubectl-edit`. */
  readonly manager: string;
  /** `Apply` or `Update`. */
  readonly operation: string;
  /** ISO 8601: the last time. */
  readonly at?: string;
}

/** Why an object of the cluster differs, and which others have written what differs. */
export interface ObjectDrift {
  readonly cause: DriftCause;
  readonly writers: readonly FieldWriter[];
}

/** What is wanted of a resource as one hash; where the controller keeps what it sends does not count. */
function wantedHash({ apply }: AnyResource): string {
  const hash = createHash('sha256');
  const contents = apply.contents ?? [];
  hash.update(
    contents.reduce(
      (script, content) => ('bytes' in content ? script : script.replaceAll(content.path, '')),
      apply.script.sh,
    ),
  );
  for (const content of contents) if ('bytes' in content) hash.update(content.bytes);
  return hash.digest('hex').slice(0, 16);
}

/** What a probe printed as one hash, as {@link recordLeft} makes it on the host. */
function foundHash(output: string): string {
  return createHash('sha256').update(output.replace(/\n+$/, '')).digest('hex').slice(0, 16);
}

/** Shell that records a resource, whose probe's output is in `$k8sup_said`. After a clean there is no folder left to record anything in. */
export function recordLeft(resource: AnyResource, stage: string, quote: (word: string) => string): string {
  const fields = [resource.id, stage, wantedHash(resource)].map(quote).join(' ');
  return `[ ! -d ${stateDir} ] || printf '%s\\t%s\\t%s\\t%s\\n' ${fields} "$(printf %s "$k8sup_said" | sha256sum | cut -c 1-16)" >> ${leftFile}`;
}

/** Shell that remembers who changes the host, once there is a folder to remember it in. */
export function recordHolder(holder: string, quote: (word: string) => string): string {
  return `[ ! -d ${stateDir} ] || printf '%s\\n' ${quote(holder)} > ${appliedByFile}`;
}

/** Shell that keeps only what counts of the file. */
export const compactLeft = `[ ! -e ${leftFile} ] || { awk -F '\\t' '{ if (!($1 in last)) order[++n] = $1; last[$1] = $0 } END { for (i = 1; i <= n; i++) print last[order[i]] }' ${leftFile} > ${leftFile}.new && mv -f ${leftFile}.new ${leftFile}; }`;

export function parseLeft(text: string): ReadonlyMap<string, Left> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [id = '', stage = '', wanted = '', found = ''] = line.split('\t');
      return found === '' ? [] : [[id, { stage, wanted, found }] as const];
    }),
  );
}

/** Why a resource differs now. Pure. */
export function driftCause(resource: AnyResource, output: string, left: Left | undefined): DriftCause {
  if (left === undefined) return 'unrecorded';
  if (foundHash(output) === left.found) return 'inventory';
  return wantedHash(resource) === left.wanted ? 'host' : 'both';
}
