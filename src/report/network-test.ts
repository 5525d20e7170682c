import type { NetworkTestReport, PathResult } from '../engine/network-report.ts';
import { renderProblems } from './network-problems.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import { count, oneLine } from './words.ts';

/** What was measured between all nodes as a matrix for people, everything else in a line each, and what is wrong below it. */
export function renderNetworkTest(test: NetworkTestReport, style: Style): string {
  const { paths, chosen, problems } = test;
  const across = paths.filter(({ from, to }) => from !== to);
  const how = chosen.how === 'all' ? 'every node to every node' : `a ring and some at random, --seed ${chosen.seed}`;
  const nodes = [...new Set(paths.flatMap(({ from, to }) => [from, to]))];
  const text = renderProblems(problems);
  return [
    `Pod network ${oneLine(test.plugin)}, ${oneLine(test.mode)}: ${count(nodes.length, 'node')}, ${how}`,
    ...(across.length === 0 ? [] : [nodes.length > mostColumns ? list(across, style) : matrix(nodes, across, style)]),
    '',
    table(lines(test, across), { columns: style.columns, indent: 2, more: style.symbols.more }),
    '',
    problems.length === 0 ? text : style.colors.red(text),
  ].join('\n');
}

/** More columns fit on no screen: then each path gets a line. */
const mostColumns = 8;

function matrix(nodes: readonly string[], paths: readonly PathResult[], style: Style): string {
  const cell = (from: string, to: string): string => {
    const found = paths.filter((path) => path.from === from && path.to === to);
    return found.length === 0 ? '-' : found.map((path) => resultText(path, style)).join(', ');
  };
  const rows = nodes.map((from) => [oneLine(from), ...nodes.map((to) => cell(from, to))]);
  return draw([['FROM \\ TO', ...nodes.map(oneLine)], ...rows], style);
}

function list(paths: readonly PathResult[], style: Style): string {
  return draw(
    [['FROM', 'TO', 'RESULT'], ...paths.map((path) => [oneLine(path.from), oneLine(path.to), resultText(path, style)])],
    style,
  );
}

function draw(rows: readonly (readonly string[])[], style: Style): string {
  const { colors, columns, symbols } = style;
  const paint = (cell: string, row: number): string => {
    if (row === 0) return colors.bold(cell);
    return cell.includes(symbols.failed) ? colors.red(cell) : cell;
  };
  return table(rows, { columns, indent: 2, more: symbols.more, paint });
}

function resultText(path: PathResult, { symbols }: Style): string {
  const failed = failures(path);
  const figures = [
    ...(path.podToPod?.ms === undefined ? [] : [`${path.podToPod.ms.toFixed(2)} ms`]),
    ...(path.megabytesPerSecond === undefined ? [] : [`${Math.round(path.megabytesPerSecond)} MB/s`]),
  ];
  return [failed.length === 0 ? symbols.ok : `${symbols.failed} ${failed.join(', ')}`, ...figures].join(' ');
}

function failures({ podToPod, podToService, hostToPod, way, packet }: PathResult): readonly string[] {
  if (podToPod?.ok === false && podToPod.ms === undefined && podToPod.seen === undefined) return ['no answer'];
  return [
    ...(podToPod?.ok === false ? ['pod'] : []),
    ...(podToService?.ok === false ? ['Service'] : []),
    ...(hostToPod.ok ? [] : ['host']),
    ...(way?.wanted !== undefined && way.found !== way.wanted ? [way.found] : []),
    ...(packet !== undefined && packet.largest !== packet.wanted ? [`packet ${packet.largest}`] : []),
  ];
}

function lines(test: NetworkTestReport, across: readonly PathResult[]): readonly (readonly string[])[] {
  const { paths, nodes, policy } = test;
  const tried = nodes.filter(({ absent }) => absent === undefined);
  const masqueraded = tried.flatMap(({ masquerade }) => masquerade ?? []);
  return [
    ['pod to pod', share(across.flatMap(({ podToPod }) => podToPod ?? [])), "seen under the pod's own address"],
    ['pod to Service', share(paths.flatMap(({ podToService }) => podToService ?? [])), ''],
    ['host to pod', share(paths.map(({ hostToPod }) => hostToPod)), ''],
    ['DNS', share(tried.flatMap(({ dns }) => dns ?? [])), ''],
    ['masquerade', share(masqueraded), 'outside of the pod network'],
    ['way', ...ways(across)],
    ['hops', spread(across.map(({ hops }) => (hops.length === 0 ? 'not seen' : count(hops.length, 'router')))), ''],
    [
      'largest packet',
      spread(across.map(({ packet }) => (packet === undefined ? 'not seen' : `${packet.largest} bytes`))),
      packets(across),
    ],
    ['NetworkPolicy', policy.enforced ? share([policy.deny, policy.allow]) : oneLine(policy.said), ''],
  ];
}

function share(attempts: readonly { readonly ok: boolean }[]): string {
  if (attempts.length === 0) return 'not tried';
  return `${attempts.filter(({ ok }) => ok).length} of ${attempts.length}`;
}

function ways(paths: readonly PathResult[]): readonly [string, string] {
  const found = paths.flatMap(({ way }) => way ?? []);
  const wanted = new Set(found.flatMap((way) => way.wanted ?? []));
  const right = found.every((way) => way.wanted === undefined || way.found === way.wanted);
  const told = wanted.size === 0 ? '' : right ? 'as it should be' : `it should be ${[...wanted].join(' or ')}`;
  return [spread(found.map((way) => `${way.found} by ${oneLine(way.device)}`)), told];
}

function packets(paths: readonly PathResult[]): string {
  const wanted = new Set(paths.flatMap(({ packet }) => packet?.wanted ?? []));
  return wanted.size === 0 ? '' : `the pods' devices have ${[...wanted].join(', ')}`;
}

/** Each value with how often it is there, the most frequent first; the only one without. */
function spread(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  if (sorted.length <= 1) return sorted[0]?.[0] ?? 'not seen';
  return sorted.map(([value, times]) => `${value} (${times})`).join(', ');
}
