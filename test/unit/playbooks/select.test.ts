import { describe, expect, it } from 'vitest';
import { selectStages } from '../../../playbooks/select.ts';
import type { StageRange } from '../../../playbooks/select.ts';
import { containerSite, site } from '../../../playbooks/site.ts';
import { inventoryOf, newest } from '../components/fixture.ts';

const chosen = (range: StageRange): readonly string[] => selectStages(range, newest).map(({ id }) => id.slice(0, 2));
const refused = (range: StageRange) => () => selectStages(range, newest);

describe('a part of the site', () => {
  it.each<[StageRange, string]>([
    [{}, '01 02 03 04 05 06 07'],
    [{ from: '03.runtime' }, '03 04 05 06 07'],
    [{ to: 'etcd' }, '01 02'],
    [{ from: '04', to: '04.kube-master' }, '04'],
    [{ from: 'etcd', to: 'network', skip: ['runtime', '05'] }, '02 04 06'],
  ])('%j is %s', (range, ids) => expect(chosen(range).join(' ')).toBe(ids));

  it('is all of it where nothing is said', () => {
    expect(selectStages({}, newest)).toEqual(site);
    const containers = inventoryOf(
      'cluster: { name: c }\nhosts: [{ name: h, address: 192.0.2.1, roles: [etcd, container] }]',
    );
    expect(selectStages({}, containers)).toEqual(containerSite);
    expect(() => selectStages({ to: 'addons' }, containers)).toThrow('no stage "addons"');
  });

  it.each<[StageRange, object]>([
    [
      { from: 'netwrok' },
      {
        code: 'UNKNOWN_STAGE',
        fix: expect.stringMatching(/^did you mean network\? the stages are: 01\.prepare, /) as string,
      },
    ],
    [
      { skip: ['03.runtme'] },
      { code: 'UNKNOWN_STAGE', fix: expect.stringContaining('did you mean 03.runtime?') as string },
    ],
    [
      { from: 'addons', to: 'etcd' },
      { code: 'STAGE_ORDER', message: '--from 07.addons is behind --to 02.etcd' },
    ],
    [
      { to: 'etcd', skip: ['network'] },
      { code: 'STAGE_ORDER', message: expect.stringContaining('06.network') as string },
    ],
    [{ from: '02', to: '02', skip: ['etcd'] }, { code: 'NO_STAGE_LEFT' }],
  ])('%j is refused', (range, error) => {
    expect(refused(range)).toThrow(expect.objectContaining({ kind: 'usage', ...error }) as Error);
  });
});
