import type { z } from 'zod';
import { asksForKubernetes, withContainerDefaults } from './containers.ts';
import type { Draft, Finding } from './findings.ts';
import type { InventorySchemas } from './schema.ts';
import { jumpHostsSchema, sshSchema } from './schema/ssh.ts';
import { formatPath, isRecord, startsWith, valueAt } from './path.ts';
import type { Path } from './path.ts';
import { explainIssue } from './schema-findings.ts';

/** What the schema found, and the part of the inventory that further checks can read. */
export interface DraftResult {
  readonly draft: Draft;
  readonly findings: readonly Finding[];
}

/**
 * Checks data against the schema and takes out what it refuses, so that one mistake does not hide the others.
 */
export function draftOf(data: unknown, schemas: InventorySchemas): DraftResult {
  const checked = schemas.inventory.safeParse(data);
  const issues = checked.success ? [] : checked.error.issues;
  const broken = issues.flatMap((issue) => refused(issue, data));
  const rest = broken.reduce<unknown>((value, path) => without(value, path), data);
  const top = isRecord(rest) ? rest : {};
  const cluster = schemas.cluster.safeParse({ name: 'unnamed', ...(isRecord(top['cluster']) ? top['cluster'] : {}) });
  const ssh = sshSchema.safeParse(top['ssh'] ?? {});
  const jumpHosts = jumpHostsSchema.safeParse(top['jumpHosts'] ?? []);
  const list: readonly unknown[] = Array.isArray(top['hosts']) ? top['hosts'] : [];
  const parsed = list.map((host) => schemas.host.safeParse(host));
  const unreadable = parsed.flatMap((host, index) => (host.success ? [] : [['hosts', index]]));
  const hosts = parsed.flatMap((host, index) => (host.success ? [{ index, host: host.data }] : []));
  const kubernetes = asksForKubernetes(hosts, list.length === 1);
  const written = cluster.success ? cluster.data : { name: 'unnamed' };
  const draft: Draft = {
    cluster: kubernetes ? written : withContainerDefaults(written),
    ssh: ssh.success ? ssh.data : {},
    jumpHosts: jumpHosts.success ? jumpHosts.data : [],
    hosts,
    onlyHost: list.length === 1,
    kubernetes,
    broken: [...broken, ...unreadable],
  };
  return { draft, findings: withoutEchoes(issues.flatMap((issue) => explainIssue(issue, data, schemas.inventory))) };
}

/** A misspelt key is one mistake, not two: that the right one is missing goes without saying. */
export function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const meant = new Set(findings.flatMap(({ meant }) => (meant === undefined ? [] : [formatPath(meant)])));
  return findings.filter(({ code, path }) => code !== 'MISSING_KEY' || !meant.has(formatPath(path)));
}

function refused(issue: z.core.$ZodIssue, data: unknown): readonly Path[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key]);
  const missing = valueAt(data, path) === undefined && path.length > 1 && !startsWith(path, ['cluster', 'name']);
  return [upToList(missing ? path.slice(0, -1) : path)];
}

/** Taking one item out of a list would move the others, so the list goes as a whole; hosts keep their places. */
function upToList(path: Path): Path {
  const index = path.findIndex((part, place) => typeof part === 'number' && !(path[0] === 'hosts' && place === 1));
  return index < 0 ? path : path.slice(0, index);
}

function without(value: unknown, path: Path): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === first ? without(item, rest) : item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (key !== first) return [[key, item]];
      return rest.length === 0 ? [] : [[key, without(item, rest)]];
    }),
  );
}
