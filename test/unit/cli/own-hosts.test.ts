import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeContext } from '../../../src/cli/context.ts';
import { refuseForeignHosts } from '../../../src/cli/own-hosts.ts';
import type { Run } from '../../../src/cli/run.ts';
import type { Session } from '../../../src/cli/session.ts';
import { statePaths } from '../../../src/cli/state.ts';
import { three } from '../engine/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-own-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const inventory = { ...three, file: '' };

interface Case {
  /** The id in the store; undefined: none. */
  readonly id?: string;
  readonly stateLost?: boolean;
  /** What a host's mark says: `id name`. */
  readonly marks: readonly string[];
  /** Hosts that were not reached. */
  readonly away?: readonly string[];
  /** The hosts of `--limit`; undefined: all. */
  readonly limit?: readonly string[];
}

function judge({ id, stateLost = false, marks, away = [], limit }: Case): Promise<void> {
  const paths = statePaths({ ...inventory, file: join(folder, 'inventory.yaml') });
  mkdirSync(paths.pki, { recursive: true });
  if (id !== undefined) writeFileSync(join(paths.pki, 'cluster-id'), `${id}\n`);
  const facts = marks.map((mark, index) => {
    const [clusterId, clusterName] = mark.split(' ');
    return [`h${String(index + 1)}`, mark === '' ? none : { ...none, clusterId, clusterName }] as const;
  });
  const hosts = inventory.hosts.filter(({ name }) => limit?.includes(name) ?? true);
  const seen = { allFacts: new Map(facts), unreachable: new Set(away) };
  return refuseForeignHosts({ inventory, paths, hosts }, seen, stateLost);
}

const none = { clusterId: undefined, clusterName: undefined, appliedBy: undefined };

describe('hosts', () => {
  it.each<[string, Case]>([
    ['with the id of the state', { id: 'a', marks: ['a one', 'a one'] }],
    ['without a mark', { id: 'a', marks: ['', 'a one'] }],
    ['without a mark, and without state', { marks: ['', ''] }],
    ['without a mark, where those to be changed are all there', { marks: ['', ''], away: ['h3'], limit: ['h3'] }],
    [
      'with the id of the state, where others cannot be reached',
      { id: 'a', marks: ['a one'], away: ['h2', 'h3'], limit: ['h1'] },
    ],
    ['of this name, where the state is said to be lost', { stateLost: true, marks: ['a one'] }],
    ['of this name, where the id in the state is empty', { id: '', stateLost: true, marks: ['a one'] }],
  ])('%s are cleaned', async (_title, one) => {
    await expect(judge(one)).resolves.toBeUndefined();
  });

  it.each<[string, string, Case]>([
    ['of another name', 'OTHER_CLUSTER', { id: 'a', marks: ['a one', 'b two'] }],
    ['of another name, also where the state is lost', 'OTHER_CLUSTER', { stateLost: true, marks: ['a one', 'b two'] }],
    ['of this name with another id', 'OTHER_CLUSTER', { id: 'a', marks: ['a one', 'b one'] }],
    [
      'with another id than a state that is not lost',
      'OTHER_CLUSTER',
      { id: 'a', stateLost: true, marks: ['', 'b one'] },
    ],
  ])('%s are refused, and named', async (_title, code, one) => {
    await expect(judge(one)).rejects.toMatchObject({
      code,
      kind: 'preflight',
      message: expect.stringContaining('h2 belongs') as string,
      why: expect.stringMatching(/h2: (one|two) b/) as string,
    });
  });

  it('that are marked are refused where there is no id to compare with', async () => {
    await expect(judge({ marks: ['', 'a one'] })).rejects.toMatchObject({
      code: 'STATE_LOST',
      kind: 'preflight',
      why: expect.stringContaining('h2: one a') as string,
      fix: expect.stringMatching(/k8sup pki restore .*--state-lost/) as string,
    });
  });

  it('are asked for where nobody else can tell a new cluster from one whose state is lost', async () => {
    await expect(judge({ marks: ['', ''], away: ['h3'], limit: ['h1'] })).rejects.toMatchObject({
      code: 'STATE_UNKNOWN',
      kind: 'preflight',
      message: expect.stringContaining('without h3') as string,
    });
  });
});

describe.each(['plan', 'apply'] as const)('a lost store in a run that is to %s', (mode) => {
  it('is told with who has the cluster, and nothing is made in its place', async () => {
    const paths = statePaths({ ...inventory, file: join(folder, 'inventory.yaml') });
    const by = 'k8sup apply of ann@desk, process 7, since 2030-01-02T03:04:05.000Z';
    const facts = new Map([['h1', { clusterId: 'a', clusterName: 'one', appliedBy: by }]]);
    const run = { inventory, paths, hosts: inventory.hosts } as unknown as Run;
    const session = { allFacts: facts, unreachable: new Map() } as unknown as Session;
    await expect(makeContext(run, session, mode)).rejects.toMatchObject({
      code: 'STATE_LOST',
      why: expect.stringContaining(`h1: one a, last changed by ${by}`) as string,
    });
    expect(existsSync(paths.pki)).toBe(false);
  });
});
