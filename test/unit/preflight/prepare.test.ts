import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/host/facts/model.ts';
import { prepareResources } from '../../../src/preflight/index.ts';
import type { AnyResource } from '../../../src/resources/define.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';
import { goodFacts } from './fixture.ts';

const hosts = `
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [node] }
`;
const masked = { active: 'inactive', enabled: 'masked', file: '' };
const plain = inventoryOf(`cluster: { name: one }\n${hosts}`);

describe('preparing a host', () => {
  it('does all of it on a machine, programs first', () => {
    const all = ids({ selinux: 'enforcing', firewalls: ['ufw.service'] });
    expect(all[0]).toBe('programs:host');
    expect(all).toEqual(
      expect.arrayContaining([
        'unit-disabled:ufw.service',
        'selinux:permissive',
        'swap:off',
        'host-name:h1',
        'hosts-block:/etc/hosts',
        'file:/etc/modules-load.d/k8sup.conf',
        'kernel-module:br_netfilter',
        'sysctl-record:host',
        'file:/etc/sysctl.d/05-k8sup.conf',
        'file:/etc/sysctl.d/zz-k8sup.conf',
        'sysctl:net.ipv4.ip_forward',
        'sysctl:vm.max_map_count',
        'time-sync:systemd-timesyncd.service',
      ]),
    );
    // A setting below net.bridge is there only once its module is.
    expect(all.indexOf('kernel-module:br_netfilter')).toBeLessThan(
      all.indexOf('sysctl:net.bridge.bridge-nf-call-iptables'),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  it('leaves to a container’s machine what is the machine’s', () => {
    const all = ids({ container: true, loadableModules: new Set() });
    expect(
      all.filter((id) => /^(kernel-module|time-sync|sysctl:(vm|fs|kernel)\.)|modules-load|05-k8sup/.test(id)),
    ).toEqual([]);
    expect(programsOf({ container: true })).not.toContain('modprobe');
  });

  it('asks for every host by name and address in the hosts file', () => {
    const block = find('hosts-block:/etc/hosts');
    expect(block.text?.wanted).toBe('# k8sup begin one\n192.0.2.11 h1\n192.0.2.12 h2\n# k8sup end one\n');
  });

  it('does not lower at boot what a host has more of: least values stand in a file that is read first', () => {
    expect(find('file:/etc/sysctl.d/05-k8sup.conf').text?.wanted).toContain('fs.inotify.max_user_watches = 524288\n');
    expect(find('file:/etc/sysctl.d/zz-k8sup.conf').text?.wanted).not.toContain('inotify');
  });

  it('has the last word at boot in what must be so, also after files of the distribution and of hardening', () => {
    const names = ids({}).flatMap((id) => /^file:\/etc\/sysctl\.d\/(.*)$/.exec(id)?.[1] ?? []);
    expect([...names, '99-sysctl.conf', '99-zz-cis.conf'].sort().at(-1)).toBe('zz-k8sup.conf');
  });

  it('loosens the reverse path filter on all interfaces, but not for a network of the user’s own', () => {
    expect(find('file:/etc/sysctl.d/zz-k8sup.conf').text?.wanted).toContain('net.ipv4.conf.all.rp_filter = 2\n');
    const own = inventoryOf(`cluster: { name: one, network: { plugin: none } }\n${hosts}`);
    expect(ids({}, own).filter((id) => id.includes('rp_filter'))).toEqual([]);
  });

  it('asks for openssl where there is a kubelet, to see whether its certificate has expired', () =>
    expect(programsOf({})).toContain('openssl'));

  it('touches IPv6 only if the inventory asks', () => {
    expect(ids({}).filter((id) => id.includes('ipv6.conf'))).toEqual([]);
    const off = inventoryOf(`cluster: { name: one, hostPreparation: { disableIPv6: true } }\n${hosts}`);
    expect(ids({}, off)).toContain('sysctl:net.ipv6.conf.all.disable_ipv6');
  });

  it('leaves name, hosts file and firewall alone where the inventory says so', () => {
    const own = inventoryOf(
      `cluster: { name: one, hostPreparation: { setHostName: false, manageHostsFile: false, firewall: keep } }\n${hosts}`,
    );
    const all = ids({ firewalls: ['ufw.service'] }, own);
    expect(all.filter((id) => /^(host-name|hosts-block|unit-disabled)/.test(id))).toEqual([]);
  });

  it.each<[string, Facts['units'], string, string]>([
    ['chrony where it is there', units('chrony.service', 'systemd-timesyncd.service'), 'debian 12', 'chrony.service'],
    ['timesyncd where it alone is', units('systemd-timesyncd.service'), 'debian 12', 'systemd-timesyncd.service'],
    ['an ntpd that is there', units('ntpd.service', 'systemd-timesyncd.service'), 'rocky 9.4', 'ntpd.service'],
    ['an OpenBSD ntpd', units('openntpd.service', 'systemd-timesyncd.service'), 'debian 12', 'openntpd.service'],
    ['an ntpd-rs', units('ntpd-rs.service'), 'debian 13', 'ntpd-rs.service'],
    ['what is not masked', { ...units('ntp.service'), 'chrony.service': masked }, 'debian 12', 'ntp.service'],
    ['a chrony that comes with the programs', {}, 'debian 12', 'chrony.service'],
    ['the same, by its other name', {}, 'rocky 9.4', 'chronyd.service'],
  ])('keeps time with %s', (_, there, os, unit) => {
    expect(ids({ units: there, os }).filter((id) => id.startsWith('time-sync:'))).toEqual([`time-sync:${unit}`]);
    expect(programsOf({ units: there, os }).includes('chronyd')).toBe(Object.keys(there).length === 0);
  });

  it('leaves time alone, and brings nothing for it, where all that keeps it is masked', () => {
    const there = { 'systemd-timesyncd.service': masked };
    const servers = inventoryOf(`cluster: { name: one, timeServers: [192.0.2.1] }\n${hosts}`);
    expect(ids({ units: there }, servers).filter((id) => /time/.test(id))).toEqual([]);
    expect(programsOf({ units: there })).not.toContain('chronyd');
  });

  it('gives time servers to what keeps the time', () => {
    const servers = inventoryOf(`cluster: { name: one, timeServers: [192.0.2.1] }\n${hosts}`);
    expect(ids({}, servers)).toContain('file:/etc/systemd/timesyncd.conf.d/k8sup.conf');
    expect(ids({ units: units('chronyd.service') }, servers)).toContain('time-servers:/etc/chrony.conf');
  });
});

function units(...names: readonly string[]): Facts['units'] {
  return Object.fromEntries(names.map((name) => [name, { active: 'inactive', enabled: 'disabled', file: '' }]));
}

function resources(changes: Partial<Facts>, inventory = plain): readonly AnyResource[] {
  return prepareResources(inventory, hostOf(inventory, 'h1'), { ...goodFacts, ...changes });
}

function ids(changes: Partial<Facts>, inventory = plain): readonly string[] {
  return resources(changes, inventory).map(({ id }) => id);
}

function find(id: string): AnyResource {
  const found = resources({}).find((resource) => resource.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** The programs that the probe looks for. */
function programsOf(changes: Partial<Facts>): readonly string[] {
  const [programs] = resources(changes);
  return /^for program in (.*?); do/m.exec(programs?.probe.sh ?? '')?.[1]?.split(' ') ?? [];
}
