import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanEvent } from '../../../../src/engine/events.ts';
import { plannedThings, readPlanFile, writePlanFile } from '../../../../src/cli/plan/plan-file.ts';
import type { PlanFile } from '../../../../src/cli/plan/plan-file.ts';
import { approver, refuseStale } from '../../../../src/cli/plan/stale.ts';
import { cli } from '../io.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'k8sup-plan-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const place = { stage: '02.etcd', step: 'members', host: 'h1' };
const edit = { path: 'content', from: 'sha256:a', to: 'sha256:b', effect: 'update' } as const;
const restart = { path: 'inputs', from: 'older', to: '/etc/a', effect: 'restart' } as const;
const change = (
  resource: string,
  host = 'h1',
  changes: readonly (typeof edit | typeof restart)[] = [edit],
): PlanEvent => ({
  type: 'change',
  ...place,
  host,
  resource,
  changes,
  diff: '-secret of a file\n',
});
const unknown: PlanEvent = {
  type: 'pending',
  ...place,
  step: 'rights',
  host: '(cluster)',
  resource: 'rights',
  reason: 'no apiserver',
};
const events = [change('file:/a'), change('service:a', 'h1', [restart]), unknown];
const about = {
  format: 'k8sup-plan-file',
  version: 1,
  k8sup: '0.1.0',
  made: '2030-01-01T00:00:00.000Z',
  cluster: 'one',
  clusterId: 'id',
  inventory: 'sha',
  secrets: 'mac',
  limit: null,
  stages: ['02.etcd'],
} as const;
const file: PlanFile = { ...about, ...plannedThings(events) };

describe('the file of a plan', () => {
  it('is read back as it was written, is for its owner alone, and holds no text of what is changed', async () => {
    const path = join(folder, 'x.plan');
    writeFileSync(path, 'an older one', { mode: 0o644 });
    await writePlanFile(path, file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['x.plan']);
    expect(readFileSync(path, 'utf8')).not.toContain('secret of a file');
    expect(await readPlanFile(path, '0.1.0')).toEqual(file);
  });

  it('is not left half where it cannot be written', async () => {
    await expect(writePlanFile(join(folder, 'none', 'x.plan'), file)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    });
    await expect(writePlanFile(folder, file)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['nothing', undefined],
    ['no JSON', 'x'],
    ['something else', '{"format":"k8sup-plan"}'],
    ['a part of one', JSON.stringify({ ...file, changes: [{ ...place, resource: 'x' }] })],
  ])('is refused where there is %s', async (_title, text) => {
    const path = join(folder, 'x.plan');
    if (text !== undefined) writeFileSync(path, text);
    await expect(readPlanFile(path, '0.1.0')).rejects.toMatchObject({ code: 'PLAN_FILE_INVALID', kind: 'usage' });
  });

  it.each([{ k8sup: '0.2.0' }, { version: 2, k8sup: '9.0.0' }])(
    'is refused where another k8sup made it: %j',
    async (other) => {
      const path = join(folder, 'x.plan');
      writeFileSync(path, JSON.stringify({ ...file, ...other }));
      await expect(readPlanFile(path, '0.1.0')).rejects.toMatchObject({ code: 'PLAN_OTHER_K8SUP', exitCode: 24 });
    },
  );
});

const why = (work: () => void): string => {
  try {
    work();
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'PLAN_STALE', kind: 'outdated' });
    return String((error as { why?: string }).why);
  }
};

describe('a plan file is refused', () => {
  const against = (now: readonly PlanEvent[], more = {}): string =>
    why(() => refuseStale(file, { ...about, ...more }, now));

  it('never where all is as it was', () => expect(against(events)).toBe(''));

  it.each([
    [{ cluster: 'two' }, 'the plan is of the cluster one, the inventory of two'],
    [{ clusterId: 'other' }, 'the plan is of another cluster that is called one too: id, not other'],
    [{ inventory: 'x' }, 'the inventory has been edited since'],
    [{ secrets: 'x' }, 'a password file of the inventory has another content'],
  ])('where %j', (more, text) => expect(against(events, more)).toBe(text));

  it('where the cluster was begun since', () => {
    const fresh = { ...file, clusterId: null };
    expect(why(() => refuseStale(fresh, about, events))).toBe('the cluster one has been begun since');
  });

  it.each([
    [
      [change('file:/a', 'h1', [{ ...edit, from: 'sha256:c' } as never]), ...events.slice(1)],
      'h1: file:/a: now content: sha256:c -> sha256:b',
    ],
    [[...events, change('file:/b', 'h2')], 'h2: file:/b: now content: sha256:a -> sha256:b'],
    [events.slice(1), 'h1: file:/a: needs no change any more'],
    [events.slice(0, 2), 'cluster: rights: can be known now'],
    [[...events, { ...unknown, resource: 'more' }], 'cluster: more: cannot be known any more: no apiserver'],
  ])('where a plan of now shows something else: %#', (now, text) => expect(against(now)).toBe(text));

  it('with twenty differences and the number of the rest', () => {
    const many = Array.from({ length: 25 }, (_, index) => change(`file:/new${String(index)}`));
    expect(against([...events, ...many]).split('\n')).toHaveLength(21);
    expect(against([...events, ...many])).toContain('and 5 more');
  });
});

describe('an apply of a plan file', () => {
  const asked = (event: PlanEvent): string => why(() => approver(file)(event));

  it.each([
    ['what was shown', change('file:/a')],
    [
      'what was shown, from another state that an earlier stage left',
      change('file:/a', 'h1', [{ ...edit, from: 'absent' } as never]),
    ],
    [
      'a start in place of a restart',
      { ...change('service:a'), changes: [{ ...restart, effect: 'start' }] } as PlanEvent,
    ],
    [
      'anything of a step on a host that could not be known',
      { ...change('ClusterRole x', '(cluster)'), step: 'rights' },
    ],
  ])('makes %s', (_title, event) => expect(asked(event)).toBe(''));

  it.each([
    ['another resource', change('file:/b'), 'h1: file:/b: content: sha256:a -> sha256:b, which the plan does not show'],
    ['another host', change('file:/a', 'h2'), 'h2: file:/a: content: '],
    [
      'a restart that was not shown',
      change('file:/a', 'h1', [restart]),
      'h1: file:/a: restarts, which the plan does not show',
    ],
    ['another step of the cluster', change('ClusterRole x', '(cluster)'), 'cluster: ClusterRole x: content: '],
  ])('does not make %s', (_title, event, text) => expect(asked(event)).toContain(text));
});

describe('on the command line', () => {
  it('a plan goes with nothing else that says what to do', async () => {
    const path = join(folder, 'x.plan');
    await writePlanFile(path, file);
    for (const flags of [
      ['--limit', 'h1'],
      ['--from', 'etcd'],
      ['--to', 'etcd'],
      ['--skip', 'etcd'],
    ]) {
      const { code, err } = await cli('apply', '--plan', path, ...flags);
      expect([code, err]).toEqual([64, expect.stringContaining('PLAN_WITH_SCOPE')]);
    }
  });

  it('a file that is not there is told before anything else', async () => {
    const { code, err } = await cli('apply', '--plan', join(folder, 'none'));
    expect([code, err]).toEqual([64, expect.stringContaining('PLAN_FILE_INVALID')]);
  });

  it('a stage that there is not is an error before any host is reached', async () => {
    const inventory = join(folder, 'inventory.yaml');
    writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
    for (const command of ['plan', 'apply']) {
      const { code, err } = await cli(command, inventory, '--from', 'netwrok');
      expect([code, err]).toEqual([64, expect.stringContaining('did you mean network?')]);
    }
  });
});
