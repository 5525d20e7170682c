import type { Facts } from '../host/facts/model.ts';
import type { Inventory } from '../inventory/model.ts';
import type { PreflightProblem } from './problem.ts';

const warnSkewMs = 2000;
const refuseSkewMs = 30_000;

/** What can only be seen by looking at all hosts: the same machine twice, the same name twice, clocks apart. */
export function checkAcrossHosts(inventory: Inventory, facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  return [
    ...duplicates(
      facts,
      ({ machineId }) => machineId,
      'DUPLICATE_MACHINE_ID',
      'machine-id',
      'make new ones: rm /etc/machine-id && systemd-machine-id-setup',
    ),
    ...(inventory.cluster.setHostName
      ? []
      : duplicates(
          facts,
          ({ hostName }) => hostName,
          'DUPLICATE_HOST_NAME',
          'host name',
          'give each its own, or let k8sup: hostPreparation.setHostName: true',
        )),
    ...clocks(facts),
  ];
}

function duplicates(
  facts: ReadonlyMap<string, Facts>,
  key: (facts: Facts) => string,
  code: string,
  name: string,
  fix: string,
): readonly PreflightProblem[] {
  const seen = new Map<string, string>();
  return [...facts].flatMap(([host, mine]) => {
    const value = key(mine);
    const first = seen.get(value);
    if (value === '' || first === undefined) {
      seen.set(value, host);
      return [];
    }
    const why = 'a copied machine: Kubernetes, DHCP and the journal take the two for one';
    return [
      { host, code, what: `it has the same ${name} as ${first} (${value})`, why, fix, severity: 'error' as const },
    ];
  });
}

/**
 * Each clock against the median of all, so that one wrong clock is named and not the others; of two in the middle, the one nearer to the controller's is
 * taken to be right.
 */
function clocks(facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  const offsets = [...facts].map(([host, { clockMs, controllerClockMs }]) => ({
    host,
    offset: clockMs - controllerClockMs,
  }));
  const sorted = offsets.map(({ offset }) => offset).sort((a, b) => a - b);
  const [low = 0, high = low] = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  const median = Math.abs(low) < Math.abs(high) ? low : high;
  return offsets.flatMap(({ host, offset }) => {
    const skew = Math.abs(offset - median);
    if (skew < warnSkewMs) return [];
    return [
      {
        host,
        code: 'CLOCK_SKEW',
        what: `its clock is ${(skew / 1000).toFixed(1)} s off the other hosts'`,
        why: 'certificates are not valid yet on a clock that is behind, and etcd warns from a second on',
        fix: 'see why time synchronisation does not work there: timedatectl, chronyc tracking',
        severity: skew >= refuseSkewMs ? 'error' : 'warning',
      },
    ];
  });
}
