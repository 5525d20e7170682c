import { describe, expect, it } from 'vitest';
import { packageOf } from '../../../../src/host/facts/index.ts';
import type { AnyResource } from '../../../../src/resources/define.ts';
import { hostName } from '../../../../src/resources/host-name.ts';
import { hostsBlock } from '../../../../src/resources/hosts-block.ts';
import { kernelModule } from '../../../../src/resources/kernel-module.ts';
import { programs } from '../../../../src/resources/programs.ts';
import { selinuxPermissive } from '../../../../src/resources/selinux.ts';
import { swapOff } from '../../../../src/resources/swap.ts';
import { sysctl } from '../../../../src/resources/sysctl.ts';
import { timeSyncResources } from '../../../../src/resources/time-sync.ts';
import { unitDisabled } from '../../../../src/resources/unit-disabled.ts';
import { changesOf, readCases } from '../../../support/case-files.ts';

cases('sysctl', sysctl);
cases('swap', swapOff);
cases('selinux', selinuxPermissive);
cases('unit-disabled', unitDisabled);
cases('host-name', hostName);
cases('hosts-block', hostsBlock);
cases('kernel-module', kernelModule);
cases('programs', (names: readonly string[]) => programs(names.map(packageOf)));
cases('time-sync', (servers: readonly string[]) => {
  const file = '/usr/lib/systemd/system/systemd-timesyncd.service';
  const units = { 'systemd-timesyncd.service': { active: 'inactive', enabled: 'disabled', file } };
  const unit = timeSyncResources(servers, { units, os: 'debian 12' }).at(-1);
  if (unit === undefined) throw new Error('no unit');
  return unit;
});

/** One case file of a kind of resource: what is made of what its probe printed. */
function cases(kind: string, make: (want: never) => AnyResource): void {
  describe(kind, () => {
    it.each(readCases<never>(`${kind}.cases.json`, import.meta.url))('$title', (one) => {
      expect(changesOf(make(one.want), one.probe.join('\n'), one.changing)).toEqual(one.changes);
    });
  });
}
