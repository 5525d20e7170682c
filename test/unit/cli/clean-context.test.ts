import { describe, expect, it } from 'vitest';
import { cleanStage } from '../../../playbooks/99.clean.ts';
import { makeCleanContext } from '../../../src/cli/clean-context.ts';
import type { Run } from '../../../src/cli/run.ts';
import type { Session } from '../../../src/cli/session.ts';
import { runStages } from '../../../src/engine/run.ts';
import type { Host } from '../../../src/inventory/model.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { inventoryOf } from '../components/fixture.ts';
import { testRun } from '../engine/fixture.ts';

const one = inventoryOf(`
cluster:
  name: one
  runtime: { credentials: [{ registry: r.example.com, username: u, passwordFile: /no/such/file }] }
hosts: [{ name: h1, address: 192.0.2.11 }]
`);

describe.skipIf(noFakeHost !== undefined)('clean', () => {
  it('needs no keys, artifacts, passwords or apiserver', async () => {
    using test = testRun({}, one);
    const { emit, stop, signal, holder, executor } = test.context;
    const run = {
      inventory: one,
      hosts: one.hosts,
      emit,
      stop,
      signal,
      holder,
      flags: { concurrency: 1 },
      numbers: { counts: { changed: 0, restarted: 0 }, failed: new Set(), bytesSent: () => 0 },
    } as unknown as Run;
    const session = { connection: (host: Host) => executor(host) } as unknown as Session;
    test.host('h1').write('/srv/mine', 'x');
    test.host('h1').write('/var/lib/k8sup/manifest', 'path\t/srv/mine\t\n');
    const context = makeCleanContext(run, session);
    expect(await runStages([cleanStage], context)).toMatchObject({ error: undefined });
    expect(context.counts.changed).toBe(1);
    expect(await test.host('h1').sh('ls /srv /var/lib/k8sup 2>/dev/null || :')).not.toContain('mine');
  });
});
