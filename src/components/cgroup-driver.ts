import type { Facts } from '../host/facts/model.ts';
import type { RuntimeSettings } from '../inventory/model.ts';
import type { Sourced } from '../resources/define.ts';
import { keyed, ofHost } from './source.ts';

/** One answer for kubelet and runtime alike: where they differ, no pod starts. */
export function cgroupDriver(runtime: RuntimeSettings, facts: Facts): Sourced<'systemd' | 'cgroupfs'> {
  if (runtime.cgroupDriver !== 'auto') return keyed(runtime.cgroupDriver, 'cluster.runtime.cgroupDriver');
  return facts.systemdCgroups
    ? ofHost('systemd', 'systemd keeps the cgroups of this host')
    : ofHost('cgroupfs', 'systemd does not keep the cgroups of this host');
}
