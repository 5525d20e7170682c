import { expect, it } from 'vitest';
import { getArtifacts } from '../../../src/cli/get-artifacts.ts';
import type { Run } from '../../../src/cli/run.ts';
import type { RunContext } from '../../../src/engine/run-context.ts';
import { factsOf, hostOf, newest } from '../components/fixture.ts';

it('gets what the hosts of the run need, and asks nothing of the others', async () => {
  const got = new Set<string>();
  const context: Partial<RunContext> = {
    inventory: newest,
    facts: ({ name }) => {
      if (name !== 'h2') throw new Error(`${name} cannot be reached`);
      return factsOf({ architecture: 'arm64' });
    },
    artifacts: {
      get: ({ architecture }: { readonly architecture: string }) => Promise.resolve(void got.add(architecture)),
    } as unknown as RunContext['artifacts'],
  };
  const run: Partial<Run> = { inventory: newest, hosts: [hostOf(newest, 'h2')], signal: new AbortController().signal };
  await getArtifacts(run as Run, context as RunContext);
  expect([...got]).toEqual(['arm64']);
});
