import { isAtLeast } from '../../inventory/releases.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { standard } from './schema.ts';

/** flannel speaks etcd's v3 API from 0.18 on, and the v2 API before. */
export function speaksV2(flannelVersion: string): boolean {
  return !isAtLeast(flannelVersion, 0, 18);
}

/** What flannel and etcd go together, where leases are in etcd. */
export const etcdRules: readonly CombinationRule[] = [
  {
    code: 'FLANNEL_TOO_OLD',
    severity: 'error',
    where: 'containers',
    path: ['network', 'flannel', 'version'],
    applies: ({ pluginVersion }) => pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 10),
    message: 'flannel before 0.10 is not supported',
    fix: `use flannel ${standard.version}`,
  },
  {
    code: 'FLANNEL_NEEDS_ETCD_V2',
    severity: 'error',
    where: 'containers',
    path: ['network', 'flannel', 'version'],
    applies: ({ pluginVersion, etcd }) =>
      pluginVersion !== undefined && speaksV2(pluginVersion) && isAtLeast(etcd, 3, 6),
    message: "flannel before 0.18 knows etcd's v2 API alone, which is gone from etcd 3.6",
    fix: `use flannel ${standard.version}, or etcd 3.5`,
  },
  {
    code: 'FLANNEL_V2_NOT_PROVED',
    severity: 'warning',
    where: 'containers',
    path: ['network', 'flannel', 'version'],
    applies: ({ pluginVersion }) => pluginVersion !== undefined && speaksV2(pluginVersion),
    message:
      "flannel before 0.18 keeps its leases by etcd's v2 API, where roles do not count: its keys there are proved, its daemon was not run",
  },
];
