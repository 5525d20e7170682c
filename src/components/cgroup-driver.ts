import type { Facts } from '../host/facts/model.ts';
import type { RuntimeSettings } from '../inventory/model.ts';

/** One answer for kubelet and runtime alike: where they differ, no pod starts. */
export function cgroupDriver(runtime: RuntimeSettings, facts: Facts): 'systemd' | 'cgroupfs' {
  if (runtime.cgroupDriver !== 'auto') return runtime.cgroupDriver;
  return facts.systemdCgroups ? 'systemd' : 'cgroupfs';
}
