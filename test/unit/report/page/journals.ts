import type { EventLine, RunEvent } from '../../../../src/engine/events.ts';
import { change, check, created, hostFailed, restart, stageEnd, stageStart, stepStart, summary } from '../runs.ts';

/** Text that would be a tag, a script, an attribute's end and a secret. */
export const evil = `<script>document.title='broken'</script><img src=x onerror=alert(1)>"'&\u001b[2J http://u:pass@x/`;

const diff = '--- /etc/etcd/etcd.conf\n+++ /etc/etcd/etcd.conf\n@@ -1,2 +1,2 @@\n-old: 1\n+new: <b>2</b>\n same\n';

/** Lines of a journal, their events a second apart. */
export function lines(events: readonly RunEvent[]): readonly EventLine[] {
  return events.map((event, second) => ({
    v: 1,
    at: new Date(Date.UTC(2026, 10, 20, 20, 31, second)).toISOString(),
    ...event,
  }));
}

/** An apply of three hosts of which one fails, and that leaves one out. */
export function failedApply(): readonly EventLine[] {
  const hosts = ['h1', 'h2', 'h3'];
  return lines([
    {
      type: 'run-start',
      command: 'apply',
      cluster: 'prod',
      hosts,
      outline: {
        hosts: [
          { name: 'h1', address: '10.0.0.1', roles: ['master', 'etcd'] },
          { name: 'h2', address: '10.0.0.2', roles: ['etcd'] },
          { name: 'h3', address: '10.0.0.3', roles: ['node'] },
          { name: 'h4', address: '10.0.0.4', roles: ['node'] },
        ],
        kubernetes: '1.36.3',
        endpoint: '10.0.0.1:6443',
        network: { plugin: 'flannel', podCIDRs: ['10.244.0.0/16'] },
      },
    },
    { type: 'warning', host: 'h2', text: evil },
    stageStart(hosts),
    { type: 'looked', stage: '02.etcd', host: 'h1', durationMs: 1000 },
    ...hosts.map((host) => stepStart(host, 'configuration')),
    {
      ...change('h1', 'file:/etc/etcd/etcd.conf', { path: 'content', from: 'a', to: 'b', effect: 'update' }),
      diff,
    } as RunEvent,
    {
      ...change('h2', 'file:/etc/etcd/etcd.conf', { path: 'content', from: 'a', to: 'b', effect: 'update' }),
      diff,
    } as RunEvent,
    change('h1', 'service:etcd.service', restart),
    change('h3', `file:/${evil}`, created),
    { type: 'host-done', stage: '02.etcd', step: 'configuration', host: 'h1', changed: 2, durationMs: 4000 },
    hostFailed('h2'),
    stageEnd({ ok: false, changed: 4 }),
    check('dns'),
    check('nodePort', { ok: false, result: evil, cause: 'DNS_LOOP', why: 'CoreDNS asks itself', fix: 'mend it' }),
    { type: 'note', text: 'on the router:\n  ip route' },
    summary({ ok: false, failed: 1, changed: 4, restarted: 1 }),
  ]);
}
