import { describe, expect, it } from 'vitest';
import { hostName } from '../../../../src/resources/host-name.ts';
import { hostsBlock } from '../../../../src/resources/hosts-block.ts';
import { kernelModule } from '../../../../src/resources/kernel-module.ts';
import { selinuxPermissive } from '../../../../src/resources/selinux.ts';
import { swapOff } from '../../../../src/resources/swap.ts';
import { sysctl, sysctlRecord } from '../../../../src/resources/sysctl.ts';
import { unitDisabled } from '../../../../src/resources/unit-disabled.ts';
import { noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../on-host.ts';
import { clean, hostWith, manifest } from './stand-in.ts';

describe.skipIf(noFakeHost !== undefined).each(['/bin/dash', '/bin/bash'])('preparing a host with %s', (shell) => {
  const open = (before?: string): FakeHost => hostWith(shell, before);

  describe('the hosts file', () => {
    const block = hostsBlock({ cluster: 'a.b', entries: [{ address: '10.0.0.1', names: ['h1', 'h1.lan'] }] });
    const text = '# k8sup begin a.b\n10.0.0.1 h1 h1.lan\n# k8sup end a.b\n';

    it.each([
      ['with a last newline', '127.0.0.1 localhost\n\n# theirs \\n\t\n'],
      ['without a last newline', '127.0.0.1 localhost\n# theirs'],
      ['that is empty', ''],
    ])('%s gets the block at its end, and is the same bytes after clean', async (_, before) => {
      using host = open();
      host.write('/etc/hosts', before, 0o604);
      expect(await applyOn(host, block)).toEqual([]);
      expect(host.read('/etc/hosts')).toBe(`${before}${before.endsWith('theirs') ? '\n' : ''}${text}`);
      expect(await host.sh('stat -c %a /etc/hosts')).toBe('604\n');
      expect(await applyOn(host, block)).toEqual([]);
      await clean(host);
      expect(host.read('/etc/hosts')).toBe(before);
    });

    it('that is absent is made, and gone after clean', async () => {
      using host = open();
      await applyOn(host, block);
      await clean(host);
      expect(await host.sh('ls /etc/hosts* 2>/dev/null || :')).toBe('');
    });

    it('keeps what its owner added meanwhile, and has the block only once when entries change', async () => {
      using host = open();
      host.write('/etc/hosts', '127.0.0.1 localhost');
      await applyOn(host, block);
      await host.sh('echo 192.0.2.1 theirs >> /etc/hosts');
      const other = hostsBlock({ cluster: 'a.b', entries: [{ address: '10.0.0.2', names: ['h2'] }] });
      expect(await applyOn(host, other)).toEqual([]);
      expect(host.read('/etc/hosts')).not.toContain('10.0.0.1');
      await clean(host);
      expect(host.read('/etc/hosts')).toContain('192.0.2.1 theirs');
      expect(host.read('/etc/hosts')).not.toContain('k8sup');
    });

    it('that has lost a marker is not touched', async () => {
      using host = open();
      const broken = '127.0.0.1 localhost\n# k8sup begin a.b\n192.0.2.1 theirs\n';
      host.write('/etc/hosts', broken);
      await expect(applyOn(host, block)).rejects.toMatchObject({
        why: expect.stringContaining('do not pair') as string,
      });
      expect(host.read('/etc/hosts')).toBe(broken);
    });

    it('that is mounted by itself, as in containers, is written over', async () => {
      using host = open(
        'touch /etc/hosts; [ -e /run/kept ] || cp /etc/passwd /run/kept; mount --bind /run/kept /etc/hosts',
      );
      expect(await applyOn(host, block)).toEqual([]);
      expect(host.read('/run/kept')).toContain(text);
    });
  });

  describe('swap in fstab', () => {
    const fstab =
      'UUID=1 / ext4 rw 0 1\n# /old none swap sw 0 0\n  /swap.img\tnone  swap sw\t0 0\n/dev/swap /mnt ext4 rw 0 0\nUUID=2 none swap';
    const off = swapOff({ container: true });

    it('is commented out, other lines are left, and clean brings the very bytes back', async () => {
      using host = open();
      host.write('/etc/fstab', fstab, 0o640);
      expect(await probeOn(host, off)).toEqual(['fstab: /swap.img, UUID=2 -> commented out (update)']);
      expect(await applyOn(host, off)).toEqual([]);
      expect(host.read('/etc/fstab')).toBe(
        fstab.replace('  /swap.img', '#k8sup#   /swap.img').replace('UUID=2 none', '#k8sup# UUID=2 none'),
      );
      await clean(host);
      expect(host.read('/etc/fstab')).toBe(fstab);
      expect(await host.sh('stat -c %a /etc/fstab; ls /etc/fstab*')).toBe('640\n/etc/fstab\n');
    });

    it('is nothing where there is no fstab', async () => {
      using host = open();
      expect(await applyOn(host, off)).toEqual([]);
    });

    it("of the machine is left on in a container, and is off elsewhere, with units that are not fstab's masked", async () => {
      const swaps = 'Filename Type Size Used Priority\\n/dev/zram0 partition 8 0 100\\n/swap.img file 8 0 -2\\n';
      using host = open(`[ -e /run/swaps ] || printf '${swaps}' > /run/swaps; mount --bind /run/swaps /proc/swaps`);
      host.program('swapoff', 'shift; sed "\\\\#^$1 #d" /run/swaps > /run/left; cat /run/left > /run/swaps');
      host.program('swapon', 'echo "$*" >> /run/swapon.log');
      host.write('/run/source.dev-zram0.swap', '/run/systemd/generator');
      host.write('/run/source.swap.img.swap', '/etc/fstab');
      expect(await probeOn(host, off)).toEqual([]);
      expect(await applyOn(host, swapOff({ container: false }))).toEqual([]);
      expect(host.read('/run/systemctl.log').match(/^mask .*$/gm)).toEqual(['mask --quiet dev-zram0.swap']);
      await clean(host);
      expect(host.read('/run/systemctl.log')).toContain('unmask --quiet dev-zram0.swap\n');
      expect(host.read('/run/swapon.log')).toBe('-- /swap.img\n-p 100 -- /dev/zram0\n');
    });
  });

  it('SELinux is set to permissive in its file, and back by clean', async () => {
    using host = open();
    const config = '# SELINUX= is the mode\nSELINUX=enforcing\nSELINUXTYPE=targeted\n';
    host.write('/etc/selinux/config', config);
    expect(await applyOn(host, selinuxPermissive({ container: true }))).toEqual([]);
    expect(host.read('/etc/selinux/config')).toBe(config.replace('=enforcing', '=permissive'));
    await clean(host);
    expect(host.read('/etc/selinux/config')).toBe(config);
  });

  it.each([['localhost\n'], ['# a comment\nold.example.com'], [undefined]])(
    'the host name is set, and was %j again after clean',
    async (before) => {
      // The file stands for the kernel's name too: each script of a fake host has a name space of its own.
      using host = open();
      host.write('/run/live', 'localhost\n');
      if (before !== undefined) host.write('/etc/hostname', before);
      const name = hostName({ name: 'h1', live: '/run/live' });
      expect(await applyOn(host, name)).toEqual([]);
      expect([host.read('/etc/hostname'), host.read('/run/live')]).toEqual(['h1\n', 'h1']);
      await clean(host);
      expect(await host.sh('cat /etc/hostname 2>/dev/null || echo none')).toBe(before ?? 'none\n');
      expect(host.read('/run/live')).toBe('localhost');
    },
  );

  it('a firewall is stopped and disabled, and starts again with clean', async () => {
    using host = open();
    host.write('/run/active.ufw.service', 'active\n');
    host.write('/run/enabled.ufw.service', 'enabled\n');
    expect(await applyOn(host, unitDisabled('ufw.service'))).toEqual([]);
    expect(host.read('/run/active.ufw.service')).toBe('inactive\n');
    await clean(host);
    expect(host.read('/run/active.ufw.service')).toBe('active\n');
    expect(host.read('/run/enabled.ufw.service')).toBe('enabled\n');
  });

  it('a firewall that was off stays off after clean', async () => {
    using host = open();
    host.write('/run/active.ufw.service', 'inactive\n');
    host.write('/run/enabled.ufw.service', 'enabled\n');
    await applyOn(host, unitDisabled('ufw.service'));
    await clean(host);
    expect(host.read('/run/active.ufw.service')).toBe('inactive\n');
  });

  describe('kernel settings', () => {
    // A fake host keeps no network of its own between scripts, so a file that lasts stands for the kernel's.
    const kernel =
      '[ -e /run/forward ] || echo 0 > /run/forward; mount --bind /run/forward /proc/sys/net/ipv4/ip_forward';

    it('are set, recorded once, and brought back', async () => {
      using host = open(kernel);
      const forward = sysctl({ key: 'net.ipv4.ip_forward', value: '1' });
      expect(await probeOn(host, forward)).toEqual(['value: 0 -> 1 (update)']);
      expect(await applyOn(host, forward)).toEqual([]);
      await host.sh('echo 7 > /proc/sys/net/ipv4/ip_forward');
      expect(await applyOn(host, forward)).toEqual([]);
      expect(host.read(manifest)).toBe('sysctl\tnet.ipv4.ip_forward\t0\n');
      await clean(host);
      expect(host.read('/run/forward')).toBe('0\n');
    });

    it('of an interface with a dot in its name are found, and brought back', async () => {
      const own = '/proc/sys/net/ipv6/conf/e0.5/accept_ra';
      using host = open(
        `ip link add e0.5 type bridge; [ -e /run/ra ] || echo 1 > /run/ra; mount --bind /run/ra ${own}`,
      );
      const accept = sysctl({ key: 'net.ipv6.conf.e0/5.accept_ra', value: '2' });
      expect(await applyOn(host, accept)).toEqual([]);
      expect(host.read('/run/ra')).toBe('2\n');
      await clean(host);
      expect(host.read('/run/ra')).toBe('1\n');
    });

    it('that programs of the cluster will write are recorded only', async () => {
      using host = open(kernel);
      const record = sysctlRecord(['net.ipv4.ip_forward', 'net.ipv4.no_such_key']);
      expect(await probeOn(host, record)).toEqual(['recorded: no -> net.ipv4.ip_forward (create)']);
      expect(await applyOn(host, record)).toEqual([]);
      await host.sh('echo 1 > /proc/sys/net/ipv4/ip_forward');
      expect(await applyOn(host, record)).toEqual([]);
      await clean(host);
      expect(host.read('/run/forward')).toBe('0\n');
    });

    it('that are more than the least are left and not recorded', async () => {
      using host = open(kernel);
      await host.sh('echo 9 > /proc/sys/net/ipv4/ip_forward');
      await applyOn(host, sysctl({ key: 'net.ipv4.ip_forward', value: '5', atLeast: true }));
      expect(host.read('/run/forward')).toBe('9\n');
      expect(await host.sh(`cat ${manifest} 2>/dev/null || :`)).toBe('');
    });

    it('that the kernel does not have are an error that names the key', async () => {
      using host = open();
      await expect(applyOn(host, sysctl({ key: 'net.no.such_key', value: '1' }))).rejects.toMatchObject({
        why: expect.stringContaining('the kernel has no setting net.no.such_key') as string,
      });
    });
  });

  it('a kernel module is loaded, recorded before, and unloaded by clean', async () => {
    using host = open('mkdir -p /run/modules; mount --bind /run/modules /sys/module');
    host.program(
      'modprobe',
      `case $1 in -r) rmdir "/sys/module/$3" ;; *) cp ${manifest} /run/before; mkdir "/sys/module/$2" ;; esac`,
    );
    expect(await applyOn(host, kernelModule('br_netfilter'))).toEqual([]);
    expect(host.read('/run/before')).toBe('kernel-module\tbr_netfilter\tabsent\n');
    await clean(host);
    expect(await host.sh('ls /sys/module')).toBe('');
  });

  it('a kernel module that was loaded before is nobody’s to unload', async () => {
    using host = open('mkdir -p /run/modules/overlay; mount --bind /run/modules /sys/module');
    await applyOn(host, kernelModule('overlay'));
    expect(await host.sh(`cat ${manifest} 2>/dev/null || :`)).toBe('');
  });
});
