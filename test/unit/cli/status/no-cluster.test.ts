import { expect, it } from 'vitest';
import { warnOfNoCluster } from '../../../../src/cli/status/no-cluster.ts';
import type { RunEvent } from '../../../../src/engine/events.ts';
import type { Facts } from '../../../../src/host/facts/model.ts';

const warnings = (clusters: readonly (string | undefined)[]): readonly RunEvent[] => {
  const events: RunEvent[] = [];
  const facts = clusters.map((clusterName, index) => [`h${String(index)}`, { clusterName } as Facts] as const);
  warnOfNoCluster({ allFacts: new Map(facts) }, (event) => void events.push(event));
  return events;
};

it('warns where no host that answers has a cluster on it, and not where one has', () => {
  expect(warnings([undefined, undefined])).toMatchObject([
    { type: 'warning', text: expect.stringContaining('k8sup apply') as string },
  ]);
  expect(warnings([undefined, 'one'])).toEqual([]);
});

it('says nothing of hosts that it has not seen', () => {
  expect(warnings([])).toEqual([]);
});
