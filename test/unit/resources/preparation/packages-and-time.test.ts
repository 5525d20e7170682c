import { describe, expect, it } from 'vitest';
import { packageOf } from '../../../../src/host/facts/index.ts';
import { programs } from '../../../../src/resources/programs.ts';
import { timeSyncResources } from '../../../../src/resources/time-sync.ts';
import { noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../on-host.ts';
import { clean, hostWith, manifest } from './stand-in.ts';

describe.skipIf(noFakeHost !== undefined).each(['/bin/dash', '/bin/bash'])('a host with %s', (shell) => {
  const open = (): FakeHost => hostWith(shell);

  describe('programs', () => {
    const wanted = programs([
      packageOf('curl'),
      { program: 'k8sup-tool', apt: 'tool-pkg', dnf: 'tool-rpm', zypper: 'tool-suse' },
    ]);
    const bring = 'printf "#!/bin/sh\\n" > /usr/local/sbin/k8sup-tool; chmod 755 /usr/local/sbin/k8sup-tool';

    it('that are missing come by packages, and what came with them is recorded', async () => {
      using host = open();
      host.program('curl', ':');
      host.program(
        'apt-get',
        `echo "$*" >> /run/apt.log
case "$*" in *' -s install '*) printf 'Inst lib-tool (1.0 Debian:12 [amd64])\\nInst tool-pkg (1.0)\\nInst libc6 [2.35] (2.36 Debian:12 [amd64]) []\\nConf tool-pkg\\n' ;; *' install '*) ${bring} ;; esac`,
      );
      expect(await applyOn(host, wanted)).toEqual([]);
      expect(host.read('/run/apt.log').trim().split('\n')).toHaveLength(2);
      expect(host.read('/run/apt.log')).not.toContain('curl');
      // Nothing else may go meanwhile, and no question about a file may stop it.
      expect(host.read('/run/apt.log')).toMatch(
        /--force-confold .*install --no-install-recommends --no-remove tool-pkg\n$/,
      );
      expect(host.read(manifest)).toBe('packages\tapt:tool-pkg\tlib-tool tool-pkg \n');
      host.program('dpkg', 'echo "$*" >> /run/dpkg.log');
      await clean(host);
      expect(host.read('/run/dpkg.log')).toBe('--purge lib-tool tool-pkg\n');
    });

    it('that would cost the host other packages do not come', async () => {
      using host = open();
      host.program('curl', ':');
      host.program(
        'apt-get',
        `echo "$*" >> /run/apt.log
case "$*" in *' -s install '*) printf 'Remv systemd-timesyncd [252]\\nRemv postfix [3.7]\\nInst tool-pkg (1.0)\\n' ;; *' install '*) ${bring} ;; esac`,
      );
      const why = expect.stringMatching(/take away .*: systemd-timesyncd postfix/) as string;
      await expect(applyOn(host, wanted)).rejects.toMatchObject({ why });
      expect(host.read('/run/apt.log').trim().split('\n')).toHaveLength(1);
      expect(await host.sh(`cat ${manifest} 2>/dev/null || :`)).toBe('');
    });

    it.each([
      ['new', '1', 'packages\trpm:tool-rpm\ttool-rpm \n'],
      ['there already, and only upgraded', '0', ''],
    ])('that come with an rpm that is %s are recorded by that', async (_, status, recorded) => {
      // A host with dnf has no apt-get, which this machine may have; bash would find it still, though it cannot be run.
      using host = hostWith('/bin/dash', '[ ! -e /usr/bin/apt-get ] || mount --bind /dev/null /usr/bin/apt-get');
      host.program('curl', ':');
      host.program('dnf', bring);
      host.program('rpm', `exit ${status}`);
      expect(await applyOn(host, wanted)).toEqual([]);
      expect(await host.sh(`cat ${manifest} 2>/dev/null || :`)).toBe(recorded);
    });

    it('that no package brings are named, with what the package manager says', async () => {
      using host = open();
      host.program('curl', ':');
      host.program('apt-get', `echo 'E: Unable to locate package tool-pkg'; exit 100`);
      const why = expect.stringMatching(
        /missing on this host: k8sup-tool\n.*E: Unable to locate package tool-pkg\n.*\(tool-pkg\)/,
      ) as string;
      await expect(applyOn(host, wanted)).rejects.toMatchObject({ why });
      expect(await host.sh(`cat ${manifest} 2>/dev/null || :`)).toBe('');
    });

    it('that something else has come to need stay after clean', async () => {
      using host = open();
      host.program('curl', ':');
      host.program(
        'apt-get',
        `case "$*" in *' -s install '*) echo 'Inst tool-pkg (1.0)' ;; *' install '*) ${bring} ;; esac`,
      );
      await applyOn(host, wanted);
      host.program('dpkg', 'exit 1');
      await clean(host);
    });
  });

  describe('time synchronisation', () => {
    const chrony = timeSyncResources(['192.0.2.1', 'time.lan'], {
      units: { 'chrony.service': { active: 'inactive', enabled: 'disabled', file: '' } },
      os: 'debian 12',
    });

    it('runs with the servers, and its configuration and unit are as before after clean', async () => {
      using host = open();
      host.write('/etc/chrony/chrony.conf', 'pool theirs iburst\n');
      host.write('/run/active.chrony.service', 'active\n');
      host.write('/run/enabled.chrony.service', 'disabled\n');
      expect(await applyOn(host, ...chrony)).toEqual([]);
      expect(host.read('/etc/chrony/chrony.conf')).toBe(
        'pool theirs iburst\n# k8sup begin time\nserver 192.0.2.1 iburst\nserver time.lan iburst\n# k8sup end time\n',
      );
      expect(host.read('/run/enabled.chrony.service')).toBe('enabled\n');
      host.write('/run/systemctl.log', '');
      await clean(host);
      expect(host.read('/etc/chrony/chrony.conf')).toBe('pool theirs iburst\n');
      expect(host.read('/run/enabled.chrony.service')).toBe('disabled\n');
      // The restart that makes the old servers count again sees the old file.
      expect(host.read('/run/seen-at-restart')).toBe('pool theirs iburst\n');
    });

    it('is restarted when a run was cut short between its servers and its restart', async () => {
      using host = open();
      host.write('/etc/chrony/chrony.conf', '');
      host.write('/run/active.chrony.service', 'active\n');
      host.write('/run/enabled.chrony.service', 'enabled\n');
      const [config, unit] = chrony;
      if (config === undefined || unit === undefined) throw new Error('two resources are expected');
      await applyOn(host, config);
      host.write('/run/began', 'Sat 2001-09-09 01:46:40 UTC\n');
      expect(await probeOn(host, unit)).toEqual(['servers: read before -> read again (restart)']);
      host.write('/run/began', 'Fri 2100-01-01 00:00:00 UTC\n');
      expect(await probeOn(host, unit)).toEqual([]);
    });
  });
});
