import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootLab, k8sup, noLab } from '../support/lab.ts';
import { waitUntil } from '../support/observe.ts';

const name = 'e2e-lab';
const program = new URL('../../dist/src/main.js', import.meta.url).pathname;

describe.skipIf(noLab !== undefined)(
  `lab down leaves nothing on this machine${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let dir: string;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), `k8sup-${name}-`));
      await k8sup('lab', 'down', '--name', name);
    });
    afterEach(async () => {
      await k8sup('lab', 'down', '--name', name);
      rmSync(dir, { recursive: true, force: true });
    });

    test('after lab up', async () => {
      expect((await k8sup('lab', 'up', '--hosts', '1', '--name', name, '--dir', dir)).exitCode).toBe(0);
      const up = traces();
      expect(up.namespace).toBe(true);
      expect(up.mounts.length).toBeGreaterThan(0);
      expect(up.processes.length).toBeGreaterThan(0);
      expect((await k8sup('lab', 'exec', 'h1', '--name', name, '--', 'hostname')).stdout).toBe('h1');
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      expect(traces(up)).toEqual(nothing);
      expect(existsSync(dir)).toBe(false);
      expect((await k8sup('lab', 'list')).stdout).not.toContain(name);
    });

    test('after a host that was killed from outside', async () => {
      expect((await k8sup('lab', 'up', '--hosts', '1', '--name', name, '--dir', dir)).exitCode).toBe(0);
      const up = traces();
      for (const pid of up.processes) if (commandOf(pid).includes('systemd-nspawn')) process.kill(pid, 'SIGKILL');
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      expect(traces(up)).toEqual(nothing);
    });

    test('of a router that advertises itself, two subnets with IPv6, second interfaces and an MTU', async () => {
      const network = { subnets: 2, ipv6: true, routerAdvertisements: true, secondInterface: true, mtu: 1400 };
      const lab = await bootLab(name, 2, 'newest', network);
      const up = traces();
      expect(up.processes.map(commandOf).join('\n')).toContain('radvd');
      expect((await k8sup('lab', 'list')).stdout).toContain('2 subnets, IPv6 by router advertisements');
      const [first, second] = [lab.host('h1'), lab.host('h2')];
      const ping = (...words: readonly string[]): Promise<string> =>
        first.run(`LC_ALL=C ping -c 1 -W 2 ${words.join(' ')} 2>&1 || :`);

      for (const address of [second.address, second.address6 ?? '']) {
        expect(await ping(address)).toContain(' 0% packet loss');
        expect(await ping('-t', '1', address)).toMatch(/From (10\.88\.0\.1|fd88::1) .*exceeded/);
      }
      expect(await first.run('ip -6 route show default')).toMatch(
        /^default via fe80::\S+ dev host0 proto ra .*expires/,
      );
      expect(await ping('-M', 'do', '-s', '1372', second.address)).toContain(' 0% packet loss');
      expect(await ping('-M', 'do', '-s', '1373', second.address)).toContain('message too long');
      await lab.onRouter('ip link set lab1 mtu 1300');
      expect(await ping('-M', 'do', '-s', '1372', second.address)).toMatch(/From 10\.88\.0\.1 .*mtu = 1300/);

      await first.run('sysctl -qw net.ipv6.conf.all.forwarding=1');
      expect(await first.run('ip -6 route show default')).toBe('');
      await first.run('sysctl -qw net.ipv6.conf.host0.accept_ra=2');
      await waitUntil(async () => (await first.run('ip -6 route show default')).includes('proto ra'), 15);

      expect(await ping('-I', 'host1', second.secondAddress ?? '')).toContain(' 0% packet loss');
      const bootId = 'cat /proc/sys/kernel/random/boot_id';
      const before = await second.run(bootId);
      // The login may end before the answer comes.
      await second.run('systemctl reboot').catch(() => undefined);
      const rebooted = () => second.run(bootId).then((id) => id.trim() !== before.trim());
      await waitUntil(() => rebooted().catch(() => false), 30);
      await waitUntil(
        async () => (await ping('-I', 'host1', second.secondAddress ?? '')).includes(' 0% packet loss'),
        15,
      );

      await lab.down();
      expect(traces(up)).toEqual(nothing);
    });

    test.each([
      ['', []],
      [' with a router that advertises itself', ['--ipv6', '--router-advertisements']],
    ])('after a lab up%s that was killed half-way', async (_, flags) => {
      const args = [program, 'lab', 'up', '--hosts', '1', '--name', name, '--dir', dir, ...flags];
      const up = spawn(process.execPath, args, { stdio: 'ignore' });
      await waitUntil(() => Promise.resolve(traces().processes.length > 0), 60);
      const before = traces();
      up.kill('SIGKILL');
      await once(up, 'exit');
      expect((await k8sup('lab', 'list')).stdout).toMatch(/e2e-lab.*half-made/);
      expect((await k8sup('lab', 'down', '--name', name)).exitCode).toBe(0);
      // A program that lab up had started for a look ends by itself.
      await waitUntil(() => Promise.resolve(traces(before).processes.length === 0), 10);
      expect(traces(before)).toEqual(nothing);
    });
  },
);

/** What a lab has on the machine, by everything that bears its name or lives in its network namespace. */
interface Traces {
  readonly namespace: boolean;
  /** Inode of the namespace, as in `net:[4026531840]`. */
  readonly inode: string;
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly number[];
}

const nothing = expect.objectContaining({ namespace: false, mounts: [], cgroups: [], processes: [] }) as unknown;

function traces(earlier?: Traces): Traces {
  const netns = `/run/netns/k8sup-${name}`;
  const namespace = existsSync(netns);
  const inode = namespace
    ? `net:[${execFileSync('stat', ['-L', '-c', '%i', netns], { encoding: 'utf8' }).trim()}]`
    : (earlier?.inode ?? '');
  return {
    namespace,
    inode,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(name)),
    cgroups: execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `*${name}*`], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean),
    processes: readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => (inode !== '' && namespaceOf(pid) === inode) || commandOf(pid).includes(`/${name}/`)),
  };
}

function namespaceOf(pid: number): string {
  return ofProcess(() => readlinkSync(`/proc/${String(pid)}/ns/net`));
}

function commandOf(pid: number): string {
  return ofProcess(() => readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replaceAll('\0', ' '));
}

/** A process may end while it is looked at. */
function ofProcess(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
