import { addEnv } from '../upstream/index.ts';
import type { ObjectEdit } from '../upstream/index.ts';

/**
 * The image brings the CNI project's plugins too. On the hosts they are k8sup's, of the version the inventory says: the installer must leave them alone,
 * or the next apply would put its own back.
 */
const notInstalled = [
  'bandwidth',
  'bridge',
  'dhcp',
  'dummy',
  'firewall',
  'flannel',
  'host-device',
  'host-local',
  'install',
  'ipvlan',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'sbr',
  'static',
  'tap',
  'tuning',
  'vlan',
  'vrf',
];

export function ownBinariesAlone(): ObjectEdit {
  return addEnv('install-cni', 'SKIP_CNI_BINARIES', notInstalled.join(','));
}
