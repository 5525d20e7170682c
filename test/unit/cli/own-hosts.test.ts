import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseForeignHosts } from '../../../src/cli/own-hosts.ts';
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
}

function judge({ id, stateLost = false, marks }: Case): Promise<void> {
  const paths = statePaths({ ...inventory, file: join(folder, 'inventory.yaml') });
  mkdirSync(paths.pki, { recursive: true });
  if (id !== undefined) writeFileSync(join(paths.pki, 'cluster-id'), `${id}\n`);
  const facts = marks.map((mark, index) => {
    const [clusterId, clusterName] = mark.split(' ');
    return [`h${String(index + 1)}`, mark === '' ? none : { clusterId, clusterName }] as const;
  });
  return refuseForeignHosts({ inventory, paths }, new Map(facts), stateLost);
}

const none = { clusterId: undefined, clusterName: undefined };

describe('hosts', () => {
  it.each<[string, Case]>([
    ['with the id of the state', { id: 'a', marks: ['a one', 'a one'] }],
    ['without a mark', { id: 'a', marks: ['', 'a one'] }],
    ['without a mark, and without state', { marks: ['', ''] }],
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
      fix: expect.stringContaining('--state-lost') as string,
    });
  });
});
