import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';
import { readmeBlock } from '../../support/readme.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import type { Snapshot } from '../../support/snapshot.ts';

const hosts = ['h1', 'h2'] as const;
const secret = 'marker-6f1d-password';

/** Copies that useradd and userdel make of what they edit, and their lock. */
const copies =
  /^[-+~] (file|hash) \/etc\/((passwd|shadow|group|gshadow|subuid|subgid)-|\.pwd\.lock)|^[-+~] hash \/etc\/ld/;

describe.skipIf(noLab !== undefined)(
  `steps of the user's own, two hosts without a cluster${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let before: readonly Snapshot[];
    const at = (name: string): string => join(lab.dir, name);
    const look = (): Promise<readonly Snapshot[]> => Promise.all(hosts.map((host) => snapshot(lab, host)));
    const stage = (id: string, ...flags: readonly string[]): Promise<K8supRun> =>
      lab.k8sup('stage', id, lab.inventory, '-o', 'json', ...flags);
    const differences = async (): Promise<readonly string[]> => {
      const after = await look();
      return before
        .flatMap((one, index) => difference(one, after[index] ?? new Map()))
        .filter((line) => !copies.test(line));
    };
    const said = (result: K8supRun, type: 'note' | 'warning'): string =>
      result.events.flatMap((event) => (event.type === type ? [event.text] : [])).join('\n');

    beforeAll(async () => {
      lab = await bootLab('e2e-own', 2, 'newest');
      lab.edit((inventory) => {
        inventory.hosts.forEach((host, index) => (host['variables'] = { rack: `r${String(index + 1)}` }));
        inventory.hosts.forEach((host) => (host.roles = host.name === 'h1' ? ['etcd', 'master', 'node'] : ['node']));
      });
      writeFileSync(at('site.yaml'), readmeBlock('# site.yaml'));
      writeFileSync(at('agent-password'), `${secret}\n`);
      chmodSync(at('agent-password'), 0o600);
      mkdirSync(at('agent-1/bin'), { recursive: true });
      writeFileSync(at('agent-1/bin/agent'), '#!/bin/sh\nexec sleep 1000000\n', { mode: 0o755 });
      execFileSync('tar', ['-czf', at('agent.tar.gz'), '-C', lab.dir, 'agent-1']);
      before = await look();
    });
    afterAll(() => lab.down());

    test('mistakes are told all at once with their places, and nothing is changed', async () => {
      writeFileSync(
        at('wrong.yaml'),
        'stages:\n  - name: wrong\n    hosts: [h1, h3]\n    after: 01.prepair\n    resources:\n      - fil: { path: /x }\n      - template: { path: /y, content: "{{ host.nmae }}" }\n',
      );
      const result = await stage(at('wrong.yaml'));
      const why = result.events.flatMap((event) => (event.type === 'error' ? [event.error.why ?? ''] : [])).join('\n');
      expect(result.exitCode).toBe(10);
      expect(why).toMatch(/wrong\.yaml:3:17: .*no host "h3".*\[UNKNOWN_HOST\]/);
      expect(why).toMatch(/wrong\.yaml:4:12: [\s\S]*did you mean "01.prepare"/);
      expect(why).toMatch(/wrong\.yaml:6:9: [\s\S]*did you mean "file"/);
      expect(why).toMatch(/wrong\.yaml:7:\d+: [\s\S]*did you mean "host.name"/);
      expect(await differences()).toEqual([]);
    });

    test('a file that the inventory does not name runs by itself, and twice changes nothing', async () => {
      const first = await stage(at('site.yaml'), '--diff');
      expect(good(first).changed).toBeGreaterThan(15);
      expect(first.stdout + first.stderr).not.toContain(secret);
      expect(first.stdout).toContain('rack r1');
      expect(await lab.ssh('h2', 'cat /etc/motd')).toMatch(/^h2 \(.*\) of .*, rack r2$/m);
      expect(
        await lab.ssh('h2', 'systemctl is-active agent; ps -o user= -p "$(systemctl show -p MainPID --value agent)"'),
      ).toBe('active\nagent');
      expect(await lab.ssh('h2', 'stat -c "%a %U:%G" /etc/agent/agent.conf; cat /etc/agent/agent.conf')).toBe(
        `640 root:agent\nname=h2 password=${secret}`,
      );
      expect(good(await stage(at('site.yaml'))).changed).toBe(0);
      expect(existsSync(at('applies.log'))).toBe(false);
    });

    test('what is changed by hand is mended, and a changed configuration restarts the unit once', async () => {
      await lab.ssh(
        'h1',
        'echo edited > /etc/motd; echo 7 > /proc/sys/net/ipv4/tcp_keepalive_time; usermod -s /bin/sh agent; echo >> /opt/agent/bin/agent; systemctl stop agent; rm -r /var/lib/agent',
      );
      const result = await stage(at('site.yaml'));
      expect(good(result).changed).toBe(6);
      expect(changesOf(result).map((line) => line.replace(/^h1 /, ''))).toEqual([
        'file:/etc/motd',
        'user:agent',
        'archive:/opt/agent',
        'sysctl:net.ipv4.tcp_keepalive_time',
        'unit:agent.service',
        'command:register the agent',
      ]);
      await lab.ssh('h2', 'sleep 1.1; echo edited > /etc/agent/agent.conf');
      const again = good(await stage(at('site.yaml')));
      expect(again).toMatchObject({ changed: 2, restarted: 1 });
      expect(good(await stage(at('site.yaml'))).changed).toBe(0);
    });

    test('in the inventory: the plan tells of stages and hooks and changes nothing', async () => {
      lab.edit((inventory) => Object.assign(inventory, { playbooks: ['site.yaml'] }));
      await lab.ssh('h1', 'echo edited > /etc/motd');
      const planned = await lab.k8sup('plan', lab.inventory, '--to', 'site.login', '-o', 'json');
      good(planned);
      expect(changesOf(planned)).toContain('h1 file:/etc/motd');
      expect(said(planned, 'note')).toContain('01.prepare: hook tell the team will run on the controller');
      expect(existsSync(at('applies.log'))).toBe(false);
      expect(await lab.ssh('h1', 'cat /etc/motd')).toBe('edited');
    });

    test('a hook runs with its stage; one that fails ends the run with its name', async () => {
      const first = await stage('01.prepare');
      good(first);
      expect(readFileSync(at('applies.log'), 'utf8')).toBe('apply begins\n');
      expect(good(await stage('01.prepare')).changed).toBe(0);
      // The edited file, and two stages of each host that are the inventory's from now on.
      expect(good(await stage('site')).changed).toBe(5);
      expect(good(await stage('site')).changed).toBe(0);
      const text = readmeBlock('# site.yaml');
      const hook = '  - { name: broken, after: 01.prepare, where: once, run: "echo told; exit 3", timeout: 10 }\n';
      writeFileSync(at('site.yaml'), `${text}${hook}`);
      const result = await stage('01.prepare');
      expect(result.exitCode).not.toBe(0);
      const errors = result.events.flatMap((event) => (event.type === 'error' ? [event.error] : []));
      expect(errors).toContainEqual(expect.objectContaining({ code: 'HOOK_FAILED', host: 'h1' }));
      expect(JSON.stringify(errors)).toContain('broken');
      writeFileSync(at('site.yaml'), text);
    });

    test('what is taken out of the playbook is taken from the hosts, what was there before comes back', async () => {
      writeFileSync(at('site.yaml'), readmeBlock('# site.yaml').replace(/ {6}- sysctl: .*\n/, ''));
      const result = await stage('site.agent');
      expect(changesOf(result).toSorted()).toEqual(hosts.map((host) => `${host} taken-out:site.agent`));
      expect(await lab.ssh('h1', 'cat /proc/sys/net/ipv4/tcp_keepalive_time')).toBe('7200');
      expect(good(await stage('site.agent')).changed).toBe(0);
      lab.edit((inventory) => Object.assign(inventory, { playbooks: [] }));
      const gone = await stage('01.prepare');
      expect(changesOf(gone).toSorted()).toEqual(hosts.map((host) => `${host} taken-out:playbooks`));
      expect(
        await lab.ssh('h2', 'ls /opt/agent /etc/agent /var/lib/agent 2>/dev/null; id agent 2>/dev/null || :'),
      ).toBe('');
      lab.edit((inventory) => Object.assign(inventory, { playbooks: ['site.yaml'] }));
      good(await stage('site'));
    });

    test('clean brings everything back, and says what a command without undo leaves', async () => {
      writeFileSync(
        at('more.yaml'),
        'stages:\n  - name: mark\n    hosts: [h2]\n    resources:\n      - command: { name: leave a mark, run: touch /srv/mark, creates: /srv/mark }\n',
      );
      expect(good(await stage(at('more.yaml'))).changed).toBe(1);
      const result = await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json');
      good(result);
      expect(said(result, 'warning')).toContain("what the command 'leave a mark' did stays: it has no undo");
      await lab.ssh('h2', 'rm /srv/mark');
      expect(await differences()).toEqual([]);
    });
  },
);
