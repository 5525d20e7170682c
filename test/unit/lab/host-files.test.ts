import { describe, expect, it } from 'vitest';
import { hostFiles } from '../../../src/lab/host-files.ts';
import { labHosts } from '../../../src/lab/model.ts';
import { plainNetwork } from '../../../src/lab/topology.ts';

const [, second] = labHosts('demo', 2);
if (second === undefined) throw new Error('no second host');
const own = { machineId: 'ab'.repeat(16), publicKey: 'ssh-ed25519 KEY lab\n', network: plainNetwork };
const files = hostFiles(second, own);
const file = (path: string) => files.find((candidate) => candidate.path === path);

describe('hostFiles', () => {
  it('makes the host its own: name, address and machine id', () => {
    expect(file('/etc/hostname')?.text).toBe('h2\n');
    expect(file('/etc/hosts')?.text).toContain('127.0.1.1\th2\n');
    expect(file('/etc/machine-id')?.text).toBe(`${'ab'.repeat(16)}\n`);
    expect(file('/etc/systemd/system/k8sup-lab-network.service')?.text).toContain('10.88.0.12/24 dev host0');
  });

  it('goes by the router of its subnet', () => {
    const network = { ...plainNetwork, subnets: 2, ipv6: true };
    const [, other] = labHosts('demo', 2, network);
    if (other === undefined) throw new Error('no host');
    const text = (path: string) => hostFiles(other, { ...own, network }).find((one) => one.path === path)?.text;
    const unit = text('/etc/systemd/system/k8sup-lab-network.service');
    expect(unit).toContain('10.88.1.12/24 dev host0');
    expect(unit).toContain('default via 10.88.1.1\n');
    expect(unit).toContain('fd88:0:0:1::12/64 dev host0 nodad\n');
    expect(unit).toContain('-6 route replace default via fd88:0:0:1::1\n');
    expect(file('/etc/systemd/system/k8sup-lab-network.service')?.text).not.toMatch(/fd88|-6/);
    expect(text('/etc/resolv.conf')).toBe('nameserver 10.88.1.1\n');
  });

  it('leaves the IPv6 default route to router advertisements where there are some', () => {
    const network = { ...plainNetwork, ipv6: true, routerAdvertisements: true };
    const [host] = labHosts('demo', 1, network);
    if (host === undefined) throw new Error('no host');
    const unit = hostFiles(host, { ...own, network }).find((one) => one.path.endsWith('k8sup-lab-network.service'));
    expect(unit?.text).toContain('fd88::11/64');
    expect(unit?.text).not.toContain('-6 route');
  });

  it('has an address on its second interface, and the MTU on both', () => {
    const [host] = labHosts('demo', 1, { ...plainNetwork, secondInterface: true });
    if (host === undefined) throw new Error('no host');
    const unit = hostFiles(host, { ...own, network: { ...plainNetwork, mtu: 1400 } }).find((one) =>
      one.path.endsWith('k8sup-lab-network.service'),
    );
    expect(unit?.text).toMatch(/ip address replace 10\.89\.0\.11\/24 dev host1\n.*ip link set host1 mtu 1400 up\n/);
    expect(unit?.text).toContain('ip link set host0 mtu 1400 up\n');
    expect(file('/etc/systemd/system/k8sup-lab-network.service')?.text).not.toContain('host1');
  });

  it('lets root and ops in with the key of the lab, ops with sudo and without a password', () => {
    for (const path of ['/root/.ssh/authorized_keys', '/home/ops/.ssh/authorized_keys']) {
      expect(file(path)).toMatchObject({ text: 'ssh-ed25519 KEY lab\n', mode: 0o600 });
    }
    expect(file('/home/ops/.ssh/authorized_keys')?.owner).toBe(1000);
    expect(file('/etc/sudoers.d/ops')).toMatchObject({
      text: expect.stringContaining('NOPASSWD') as string,
      mode: 0o440,
    });
    expect(file('/etc/shadow')?.text).toMatch(/^ops:\*:/);
  });

  it('enables every unit that it writes', () => {
    const units = files.filter((candidate) => candidate.text?.startsWith('[Unit]') === true);
    expect(units).toHaveLength(2);
    for (const unit of units) {
      const name = unit.path.split('/').at(-1) ?? '';
      const target = /WantedBy=(.*)/.exec(unit.text ?? '')?.[1] ?? '';
      expect(file(`/etc/systemd/system/${target}.wants/${name}`)?.linkTo).toBe(`../${name}`);
    }
  });

  it('has an executable wrapper for runc', () => {
    expect(file('/usr/local/lib/k8sup-lab/runc')?.mode).toBe(0o755);
  });
});
