import { describe, expect, it } from 'vitest';
import { service } from '../../../src/resources/service.ts';
import type { ServiceSpec } from '../../../src/resources/service.ts';
import { unitInputsScript, unitInputsText } from '../../../src/resources/unit-inputs.ts';
import { changesOf, readCases } from '../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

describe('a unit', () => {
  it.each(readCases<ServiceSpec>('service.cases.json', import.meta.url))('$title', (one) => {
    expect(changesOf(service(one.want), one.probe.join('\n'), one.changing)).toEqual(one.changes);
  });
});

describe.skipIf(noFakeHost !== undefined)('a unit on a host', () => {
  const etcd = service({ unit: 'etcd.service', inputs: ['/etc/etcd.env'] });

  it('is started and enabled, and needs nothing afterwards', async () => {
    using host = hostWithSystemd();
    expect(await probeOn(host, etcd)).toEqual([
      'enabled: disabled -> enabled (update)',
      'running: inactive -> active (start)',
    ]);
    expect(await applyOn(host, etcd)).toEqual([]);
    expect(host.read('/run/systemctl.log')).toContain('start --no-block etcd.service\n');
    expect(host.read('/var/lib/k8sup/manifest')).toBe('unit\tetcd.service\tinactive disabled\n');
  });

  it('is restarted once for a changed input, and not again', async () => {
    using host = hostWithSystemd();
    await applyOn(host, etcd);
    host.write('/etc/etcd.env', 'B=2\n');
    expect(await probeOn(host, etcd)).toEqual(['inputs: running with older inputs -> /etc/etcd.env (restart)']);
    host.write('/run/systemctl.log', '');
    expect(await applyOn(host, etcd)).toEqual([]);
    expect(host.read('/run/systemctl.log')).toContain('restart --no-block etcd.service\n');
    host.write('/run/systemctl.log', '');
    expect(await applyOn(host, etcd)).toEqual([]);
    expect(host.read('/run/systemctl.log')).not.toContain('start');
  });

  it('is restarted where systemd started it again by itself from a unit file that it had not read', async () => {
    using host = hostWithSystemd();
    await applyOn(host, etcd);
    host.write('/etc/systemd/system/etcd.service', '[Service]\n# new flags\n');
    host.write('/run/units/etcd.service.reload', 'yes\n');
    await host.sh(`${unitInputsScript} record etcd.service /etc/etcd.env`);
    // Another unit's apply: systemd has now read all, and nothing tells of the old process but the record.
    host.write('/run/units/etcd.service.reload', 'no\n');
    expect(await probeOn(host, etcd)).toEqual([
      'inputs: running with older inputs -> /etc/systemd/system/etcd.service (restart)',
    ]);
    expect(await applyOn(host, etcd)).toEqual([]);
  });

  it('is restarted once for what somebody laid over it', async () => {
    using host = hostWithSystemd();
    await applyOn(host, etcd);
    const dropIn = '/etc/systemd/system/etcd.service.d/limits.conf';
    host.write(dropIn, '[Service]\nLimitNOFILE=1\nExecStartPre=/bin/true\n');
    expect(await probeOn(host, etcd)).toEqual([`inputs: running with older inputs -> ${dropIn} (restart)`]);
    expect(await applyOn(host, etcd)).toEqual([]);
    await host.sh(`rm ${dropIn}`);
    expect(await probeOn(host, etcd)).toEqual([`inputs: running with older inputs -> ${dropIn} (restart)`]);
  });

  it.each(['ExecStart=\nExecStart=/bin/other', '  ExecStart = /bin/other', 'ExecStartPre='])(
    'is an error, and left alone, where somebody replaces its command: %j',
    async (text) => {
      using host = hostWithSystemd();
      await applyOn(host, etcd);
      host.write('/run/systemctl.log', '');
      const dropIn = '/run/systemd/system/etcd.service.d/override.conf';
      host.write(dropIn, `[Service]\n${text}\n`);
      expect(await probeOn(host, etcd)).toContain(`command: replaced by ${dropIn} -> the one of k8sup (update)`);
      await expect(applyOn(host, etcd)).rejects.toMatchObject({
        code: 'RESOURCE_FAILED',
        why: expect.stringContaining(`${dropIn} replaces the command of etcd.service`) as string,
      });
      expect(host.read('/run/systemctl.log')).not.toContain('start');
    },
  );

  it('is looked at again where it just ends, as systemd starts it again', async () => {
    using host = hostWithSystemd();
    await applyOn(host, etcd);
    host.write('/run/units/etcd.service.active', 'deactivating\n');
    host.write('/run/units/etcd.service.next', 'activating\n');
    expect(await probeOn(host, etcd)).toEqual([]);
  });

  it('is started where it keeps ending', async () => {
    using host = hostWithSystemd();
    await applyOn(host, etcd);
    host.program('sleep', ':');
    host.write('/run/units/etcd.service.active', 'deactivating\n');
    expect(await probeOn(host, etcd)).toEqual(['running: deactivating -> active (start)']);
  });

  it('remembers whether it ran and was enabled before k8sup came, also when it is applied again', async () => {
    using host = hostWithSystemd();
    host.write('/run/units/etcd.service.enabled', 'enabled\n');
    host.write('/run/units/etcd.service.active', 'active\n');
    await applyOn(host, etcd);
    await applyOn(host, etcd);
    expect(host.read('/var/lib/k8sup/manifest')).toBe('unit\tetcd.service\tactive enabled\n');
  });
});

/** A stand-in for systemd: a unit is a file with its state, and starting one runs its ExecStartPre. */
function hostWithSystemd(): FakeHost {
  const host = fakeHost();
  host.write(unitInputsScript, unitInputsText, 0o755);
  host.write('/etc/systemd/system/etcd.service', '[Service]\n');
  host.write('/etc/etcd.env', 'A=1\n');
  host.write('/run/units/etcd.service.enabled', 'disabled\n');
  host.write('/run/units/etcd.service.active', 'inactive\n');
  host.write('/run/units/etcd.service.reload', 'no\n');
  host.program(
    'systemctl',
    `echo "$*" >> /run/systemctl.log
state=/run/units/etcd.service
case $* in
  'show -p ActiveState,UnitFileState '*)
    echo "ActiveState=$(cat $state.active)"; echo "UnitFileState=$(cat $state.enabled)"
    if [ -e $state.next ]; then mv $state.next $state.active; fi ;;
  'show -p NeedDaemonReload --value '*) cat $state.reload ;;
  'show -p ActiveState --value '*) cat $state.active ;;
  is-enabled*) cat $state.enabled; grep -q enabled $state.enabled ;;
  enable*) echo enabled > $state.enabled ;;
  start*|restart*) ${unitInputsScript} record etcd.service /etc/etcd.env; echo active > $state.active ;;
esac`,
  );
  return host;
}
