import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanStage } from '../../../playbooks/99.clean.ts';
import { siteOf } from '../../../playbooks/site.ts';
import { runStages } from '../../../src/engine/run.ts';
import type { ActionContext, Stage } from '../../../src/engine/stage.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { readmeBlock } from '../../support/readme.ts';
import { testRun, told } from '../engine/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-example-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** One unit, whose state is two files. */
const systemctl = `active=inactive; [ ! -e /run/active ] || active=active
enabled=disabled; [ ! -e /run/enabled ] || enabled=enabled
load=not-found; [ ! -e /etc/systemd/system/agent.service ] || load=loaded
case "$*" in
*LoadState,*) echo "LoadState=$load"; echo "ActiveState=$active"; echo "UnitFileState=$enabled" ;;
*LoadState*) echo $load ;;
*NeedDaemonReload*) echo no ;;
*ActiveEnterTimestamp*) [ ! -e /run/active ] || date -r /run/active ;;
show*ActiveState*) echo $active ;;
is-enabled*) echo $enabled ;;
enable*) touch /run/enabled ;;
disable*) rm -f /run/enabled ;;
start*|restart*) touch /run/active ;;
stop*) rm -f /run/active ;;
esac`;

describe.skipIf(noFakeHost !== undefined)("the README's example", () => {
  it('is applied, changes nothing again but settings that a namespace forgets, mends an edit, and is taken off', async () => {
    mkdirSync(join(folder, 'agent-1/bin'), { recursive: true });
    writeFileSync(join(folder, 'agent-1/bin/agent'), '#!/bin/sh\n', { mode: 0o755 });
    execFileSync('tar', ['-czf', join(folder, 'agent.tar.gz'), '-C', folder, 'agent-1']);
    writeFileSync(join(folder, 'agent-password'), 'hunter2\n', { mode: 0o600 });
    writeFileSync(join(folder, 'site.yaml'), readmeBlock('# site.yaml'));
    writeFileSync(
      join(folder, 'inventory.yaml'),
      'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11, variables: { rack: r7 } }]\nplaybooks: [site.yaml]\n',
    );
    const inventory = await loadInventory(join(folder, 'inventory.yaml'), networkPlugins);
    const pki = { authorities: { clusterId: 'id', pending: false } } as ActionContext['pki'];
    using run = testRun({ pki }, inventory);
    const host = run.host('h1');
    host.program('systemctl', systemctl);
    host.program('apt-get', 'exit 1');
    host.program('dpkg-query', 'echo installed');
    host.write('/etc/motd', 'theirs\n');
    await host.sh('touch /etc/shadow /etc/gshadow');
    const before = await host.sh('find /etc /opt /srv -type f -exec sha256sum {} + | sort -k 2');
    const stages = siteOf(inventory).filter(({ id }) => id.startsWith('site.'));
    const apply = async (list: readonly Stage[]): Promise<readonly string[]> => {
      const known = run.events.length;
      expect((await runStages(list, run.context)).error).toBeUndefined();
      return told(run.events.slice(known), 'change').map((line) => line.replace('change h1 ', ''));
    };
    const all = [
      'file:/var/lib/k8sup/cluster',
      'file:/etc/motd',
      'file:/etc/sysctl.d/95-k8sup-site-agent.conf',
      'user:agent',
      'directory:/etc/agent',
      'file:/etc/agent/agent.conf',
      'archive:/opt/agent',
      'sysctl:net.ipv4.tcp_keepalive_time',
      'file:/etc/systemd/system/agent.service',
      'unit:agent.service',
      'command:register the agent',
    ];
    const forgotten = ['sysctl:net.ipv4.tcp_keepalive_time'];
    expect(await apply(stages)).toEqual(all);
    expect(host.read('/etc/motd')).toBe('h1 (192.0.2.11) of one, rack r7\n');
    expect(await host.sh('cat /etc/agent/agent.conf; stat -c "%a %U:%G" /etc/agent/agent.conf')).toBe(
      'name=h1 password=hunter2\n640 root:agent\n',
    );
    expect(await apply(stages)).toEqual(forgotten);
    host.write('/etc/motd', 'edited\n');
    await host.sh('touch -d "1 minute ago" /run/active; echo edited > /etc/agent/agent.conf');
    expect(await apply(stages)).toEqual([
      'file:/etc/motd',
      'file:/etc/agent/agent.conf',
      ...forgotten,
      'unit:agent.service',
    ]);
    await apply([cleanStage]);
    const copies = /\/etc\/(passwd|shadow|group|gshadow|subuid|subgid)-$|\.pwd\.lock$/;
    const lines = (text: string) => text.split('\n').filter((line) => !copies.test(line));
    const after = await host.sh('find /etc /opt /srv -type f -exec sha256sum {} + | sort -k 2');
    expect(lines(after)).toEqual(lines(before));
    expect(host.read('/etc/motd')).toBe('theirs\n');
    expect(await host.sh('ls /run/active /run/enabled /var/lib/agent 2>/dev/null || :')).toBe('');
    expect(JSON.stringify(run.events)).not.toContain('hunter2');
  });
});
