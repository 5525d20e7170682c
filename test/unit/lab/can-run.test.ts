import { describe, expect, it } from 'vitest';
import { canRunLab, type Machine } from '../../../src/lab/can-run.ts';

const good: Machine = {
  platform: 'linux',
  uid: 0,
  status: 'Name:\tx\nCapEff:\t000001fffeffffff\n',
  mountInfo: '30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  hasApt: true,
  missingPrograms: ['systemd-nspawn'],
};

describe('canRunLab', () => {
  it('is content with a Debian machine that can still install what is missing', () => {
    expect(canRunLab(good)).toEqual({ ok: true });
  });

  it.each<[string, Partial<Machine>]>([
    ['Linux', { platform: 'darwin' }],
    ['root', { uid: 1000 }],
    ['CAP_SYS_ADMIN', { status: 'CapEff:\t00000000a80425fb\n' }],
    ['control groups', { mountInfo: '' }],
    ['systemd-nspawn', { hasApt: false }],
  ])('names what is missing: %s', (word, change) => {
    expect(canRunLab({ ...good, ...change })).toEqual({ ok: false, reason: expect.stringContaining(word) as string });
  });
});
