import { unitInputsScript } from './paths.ts';
import { unitText } from './systemd-unit.ts';
import type { UnitCommand, UnitSection } from './systemd-unit.ts';

/** What differs between the services k8sup installs. */
export interface Service {
  /** For example `etcd.service`. */
  readonly unit: string;
  readonly description: string;
  /** Units that this one is started behind; wanted too, never required: a dead neighbour must not take this one along. */
  readonly after?: readonly string[];
  /** Directories whose mounts must be there: without its data disk a service would fill, or trust, the empty mount point. */
  readonly mounts?: readonly string[];
  readonly command: readonly string[];
  /** Names of variables whose words follow the command's; `settings` names their `EnvironmentFile`. */
  readonly variables?: readonly string[];
  /** Their hashes are recorded when the service starts; the unit file is always one of them. */
  readonly inputs: readonly string[];
  readonly type: 'notify' | 'simple';
  /** Run before the service itself, after its inputs are recorded. */
  readonly before?: readonly UnitCommand[];
  /** Further settings of the `[Service]` section. */
  readonly settings?: UnitSection;
}

/** The unit file of a service: started at boot, restarted for ever, its inputs recorded at each start. */
export function serviceText(service: Service): string {
  const after = service.after ?? [];
  return unitText({
    Unit: {
      Description: service.description,
      // Only an order to what it stands behind: a wish would start that again while somebody stops it.
      Wants: 'network-online.target',
      After: ['network-online.target', ...after].join(' '),
      ...(service.mounts === undefined ? {} : { RequiresMountsFor: service.mounts }),
      // Peers may be away for long: systemd must not give up after five quick failures.
      StartLimitIntervalSec: 0,
    },
    Service: {
      Type: service.type,
      ExecStartPre: [
        { prefix: '+', command: [unitInputsScript, 'record', service.unit, ...service.inputs] },
        ...(service.before ?? []),
      ],
      ExecStart: { command: service.command, variables: service.variables ?? [] },
      Restart: 'always',
      RestartSec: 2,
      ...service.settings,
    },
    Install: { WantedBy: 'multi-user.target' },
  });
}
