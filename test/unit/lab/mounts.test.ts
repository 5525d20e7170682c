import { describe, expect, it } from 'vitest';
import { findHierarchies, labCgroups } from '../../../src/lab/cgroups.ts';
import { mountPointsBelow, parseMountInfo } from '../../../src/lab/mounts.ts';

const v1 = `25 20 0:22 / /sys/fs/cgroup rw - tmpfs cgroup rw,mode=755
26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
28 25 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
29 20 0:26 / /mnt/groups rw - cgroup cgroup rw,cpu
`;

describe('parseMountInfo', () => {
  it('reads lines with and without optional fields, and escaped blanks', () => {
    expect(parseMountInfo('36 35 98:0 / /a\\040b rw,noatime master:1 - ext4 /dev/x rw,errors=continue\n')).toEqual([
      { mountPoint: '/a b', type: 'ext4', options: ['rw', 'noatime', 'rw', 'errors=continue'] },
    ]);
  });
});

describe('mountPointsBelow', () => {
  it('gives the last mounted first, and no neighbour whose name only begins the same', () => {
    const text = ['/lab', '/lab/h1', '/lab/h1/root', '/lab2', '/lab/h1/root'].map(
      (path, index) => `${index} 0 0:1 / ${path} rw - tmpfs x rw`,
    );
    expect(mountPointsBelow(text.join('\n'), '/lab')).toEqual(['/lab/h1/root', '/lab/h1/root', '/lab/h1', '/lab']);
    expect(mountPointsBelow(text.join('\n'), '/lab/h2')).toEqual([]);
  });
});

describe('findHierarchies', () => {
  it('finds every controller, the one of systemd and the unified one with cgroup v1', () => {
    expect(findHierarchies(v1)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct',
      '/sys/fs/cgroup/systemd',
      '/sys/fs/cgroup/unified',
    ]);
  });
  it('finds the one of cgroup v2', () => {
    expect(findHierarchies('30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n')).toEqual(['/sys/fs/cgroup']);
  });
  it('gives each lab a subtree of its own', () => {
    expect(labCgroups(['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/pids'], 'a')).toEqual([
      '/sys/fs/cgroup/cpu/k8sup-lab/a',
      '/sys/fs/cgroup/pids/k8sup-lab/a',
    ]);
  });
});
