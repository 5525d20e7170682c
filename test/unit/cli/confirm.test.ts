import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rememberApplied } from '../../../src/cli/applied.ts';
import { confirmDisruptions } from '../../../src/cli/confirm.ts';
import type { Run } from '../../../src/cli/run.ts';
import { statePaths } from '../../../src/cli/state.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { inventoryOf } from '../components/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-confirm-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function runOf(plugin: string, limit?: readonly string[]): { readonly run: Run; readonly events: RunEvent[] } {
  const text = `cluster: { name: one, network: { plugin: ${plugin} } }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n`;
  const inventory = { ...inventoryOf(text), file: join(folder, 'inventory.yaml') };
  const events: RunEvent[] = [];
  const paths = statePaths(inventory);
  mkdirSync(dirname(paths.applied), { recursive: true });
  const flags = limit === undefined ? {} : { limit };
  return { run: { inventory, paths, flags, emit: (event: RunEvent) => events.push(event) } as unknown as Run, events };
}
const noTerminal = { in: { isTTY: false } } as never;
const recorded = (run: Run): unknown =>
  (JSON.parse(readFileSync(run.paths.applied, 'utf8')) as { plugin: string }).plugin;

describe('another pod network than the one applied', () => {
  beforeEach(() => rememberApplied(runOf('flannel').run, true));

  it('is refused where nobody can be asked, with what would happen', async () => {
    const { run } = runOf('bridge');
    await expect(confirmDisruptions(run, false, noTerminal)).rejects.toMatchObject({
      code: 'NOT_CONFIRMED',
      why: expect.stringContaining('from flannel to bridge') as string,
    });
  });

  it('is told and done with --yes', async () => {
    const { run, events } = runOf('bridge');
    await confirmDisruptions(run, true, noTerminal);
    expect(events).toMatchObject([{ type: 'warning' }]);
    expect(JSON.stringify(events)).toContain('NETWORK_CHANGES');
  });

  it('is refused for some hosts alone', async () => {
    const { run } = runOf('bridge', ['h1']);
    await expect(confirmDisruptions(run, true, noTerminal)).rejects.toMatchObject({ code: 'UNSAFE_NETWORK_LIMIT' });
  });

  it('stays due where another stage than the network was applied', async () => {
    const { run } = runOf('bridge');
    await rememberApplied(run, false);
    expect(recorded(run)).toBe('flannel');
    await rememberApplied(run, true);
    expect(recorded(run)).toBe('bridge');
    await confirmDisruptions(run, false, noTerminal);
  });
});

it('nothing is asked before the first apply', async () => {
  const { run, events } = runOf('bridge');
  await confirmDisruptions(run, false, noTerminal);
  expect(events).toEqual([]);
});
