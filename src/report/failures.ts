import type { RunEvent } from '../engine/events.ts';
import { renderErrorJson } from './error.ts';
import type { ErrorOptions } from './error.ts';
import { groupBy } from './group-by.ts';
import { count, hostList, hostName } from './words.ts';

export type HostFailure = Extract<RunEvent, { type: 'host-failed' }>;

/** Different failures shown in full; beyond that nobody reads them, and the log has them all. */
const shownFailures = 10;

/** Failed hosts with their errors; hosts that failed in the same way share one block. The text ends without a newline. */
export function renderFailures(failures: readonly HostFailure[], options: ErrorOptions): string {
  const groups = [...groupBy(failures, sameFailure).values()];
  const blocks = groups.slice(0, shownFailures).map((group) => renderGroup(group, options));
  const rest = groups.slice(shownFailures).flat();
  if (rest.length > 0) blocks.push(`${count(rest.length, 'more host')} failed: the log tells why`);
  return blocks.join('\n');
}

function renderGroup(group: readonly HostFailure[], options: ErrorOptions): string {
  const [first] = group;
  if (first === undefined) return '';
  const hosts = hostList([...new Set(group.map((failure) => failure.host))], hostColumns);
  return renderErrorJson({ ...first.error, message: `${hosts}: ${withoutHost(first)}` }, options);
}

const hostColumns = 50;

/** A key that is equal for failures that differ only in the name of their host. */
function sameFailure({ host, error }: HostFailure): string {
  const name = new RegExp(`(?<![\\w.-])${host.replaceAll('.', '\\.')}(?![\\w-])`, 'g');
  const parts = [error.code, withoutHost({ host, error }), error.why, error.fix];
  return JSON.stringify(parts.map((part) => part?.replaceAll(name, '*')));
}

/** A failure's message without the name of its host at the front, for lines that say the host already. */
export function withoutHost({ host, error }: Pick<HostFailure, 'host' | 'error'>): string {
  const prefix = `${hostName(host)}: `;
  return error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
}
