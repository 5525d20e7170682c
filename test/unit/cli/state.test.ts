import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseUnsafeChanges, rememberApplied } from '../../../src/cli/applied.ts';
import type { Run } from '../../../src/cli/run.ts';
import { makeStateDir, statePaths } from '../../../src/cli/state.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { inventoryOf } from '../components/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-state-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const inventory = (podCIDR = '10.244.0.0/16', version = '1.36.3'): Inventory => ({
  ...inventoryOf(`
cluster:
  name: one
  kubernetesVersion: ${version}
  network: { podCIDR: ${podCIDR} }
hosts: [{ name: h1, address: 192.0.2.11 }]
`),
  file: join(folder, 'inventory.yaml'),
});

/** The parts of a run that these functions read. */
const run = (of: Inventory): Run => ({ inventory: of, paths: statePaths(of) }) as Run;

describe('the state folder', () => {
  it('lies beside the inventory, one for each cluster, for its owner alone', async () => {
    const paths = statePaths(inventory());
    expect(paths.dir).toBe(join(folder, '.k8sup', 'one'));
    await makeStateDir(paths);
    await makeStateDir(paths);
    for (const path of [paths.dir, join(folder, '.k8sup')]) expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('is kept out of git, unless somebody wrote otherwise', async () => {
    const paths = statePaths(inventory());
    const ignore = join(folder, '.k8sup', '.gitignore');
    await makeStateDir(paths);
    expect(readFileSync(ignore, 'utf8')).toBe('*\n');
    writeFileSync(ignore, 'pki\n');
    await makeStateDir(paths);
    expect(readFileSync(ignore, 'utf8')).toBe('pki\n');
  });

  it.each([0o750, 0o704, 0o777])('that is open to others (%o) is refused', async (mode) => {
    const paths = statePaths(inventory());
    mkdirSync(paths.dir, { recursive: true });
    chmodSync(paths.dir, mode);
    await expect(makeStateDir(paths)).rejects.toMatchObject({ code: 'STATE_TOO_OPEN', fix: `chmod 700 ${paths.dir}` });
  });
});

describe('the inventory that was last applied', () => {
  const remember = async (of: Inventory): Promise<void> => {
    await makeStateDir(statePaths(of));
    await rememberApplied(run(of), true);
  };

  it('lets everything pass before the first apply', async () => {
    await expect(refuseUnsafeChanges(run(inventory()))).resolves.toBeUndefined();
  });

  it('lets the same inventory pass', async () => {
    await remember(inventory());
    await expect(refuseUnsafeChanges(run(inventory()))).resolves.toBeUndefined();
  });

  it('refuses an edit that is not safe', async () => {
    await remember(inventory());
    await expect(refuseUnsafeChanges(run(inventory('10.245.0.0/16')))).rejects.toMatchObject({
      kind: 'unsafeChange',
      why: expect.stringContaining('10.245.0.0/16') as string,
    });
  });

  it('says what to write where nobody edited anything, but k8sup has another default', async () => {
    await remember(inventory('10.244.0.0/16', '1.35.4'));
    const unpinned = inventory('10.244.0.0/16', '');
    await expect(refuseUnsafeChanges(run(unpinned))).rejects.toMatchObject({
      fix: expect.stringContaining('write "kubernetesVersion: 1.35.4" below cluster') as string,
    });
  });

  it('names all such edits at once', async () => {
    await remember(inventory());
    const error = await refuseUnsafeChanges(run(inventory('10.245.0.0/16', '1.35.4'))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'UNSAFE_CHANGES' });
    expect((error as { why: string }).why.split('\n')).toHaveLength(2);
  });

  it('is kept for its owner alone, and replaced whole', async () => {
    await remember(inventory());
    await remember(inventory('10.245.0.0/16'));
    const { applied, dir } = statePaths(inventory());
    expect(statSync(applied).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['applied.json']);
    expect(readFileSync(applied, 'utf8')).toContain('10.245.0.0/16');
  });

  it('that cannot be read is an error, not an empty one', async () => {
    await remember(inventory());
    writeFileSync(statePaths(inventory()).applied, '{"half');
    await expect(refuseUnsafeChanges(run(inventory()))).rejects.toBeInstanceOf(Error);
  });
});
