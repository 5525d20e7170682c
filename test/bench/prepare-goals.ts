import { noChange } from './prepare.ts';
import { goalBetween, rowOf } from './result.ts';
import type { Goal, Row } from './result.ts';

const floorTimes = 1.3;
const peers = [
  { tool: 'Ansible', times: 100 },
  { tool: 'pyinfra', times: 10 },
] as const;

/** What k8sup is to be against the others where nothing is to change. */
export function prepareGoals(rows: readonly Row[], sizes: readonly number[]): readonly Goal[] {
  return [
    ...sizes.map((size) => floorGoal(rows, size)),
    ...sizes.filter((size) => size !== 20).flatMap((size) => peers.map((peer) => peerGoal(rows, size, peer))),
  ];
}

function floorGoal(rows: readonly Row[], hosts: number): Goal {
  const row = (tool: string): Row | undefined => rowOf(rows, { what: noChange, hosts, tool });
  const text = `${noChange}, ${hosts} hosts: at most ${floorTimes} times the floor`;
  return goalBetween(text, { more: row('k8sup'), less: row('floor'), times: floorTimes, by: 'most' }, (mine, floor) => {
    const over = mine.medianMs - floor.medianMs * floorTimes;
    return `${seconds(over)} too long. k8sup’s process needs ${cpu(mine)} of processor time, the floor’s ${cpu(floor)}: it reads an inventory, checks it, holds a lock, writes a journal, and asks each host for more than this stage’s settings (who owns what, what an earlier run left, whether the host can carry Kubernetes), and the hosts answer on the same cores.`;
  });
}

function peerGoal(rows: readonly Row[], hosts: number, { tool, times }: { tool: string; times: number }): Goal {
  const row = (name: string): Row | undefined => rowOf(rows, { what: noChange, hosts, tool: name });
  const text = `${noChange}, ${hosts} hosts: at least ${times} times as fast as ${tool}`;
  return goalBetween(text, { more: row(tool), less: row('k8sup'), times, by: 'least' }, (theirs, mine) => {
    const floor = row('floor');
    const best =
      floor === undefined ? '' : ` The floor itself is ${(theirs.medianMs / floor.medianMs).toFixed(1)} times as fast.`;
    return `k8sup would have to end within ${seconds(theirs.medianMs / times)}, and takes ${seconds(mine.medianMs)}.${best}`;
  });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const cpu = ({ cpuMs }: Row): string => (cpuMs === undefined ? 'unknown' : seconds(cpuMs));
