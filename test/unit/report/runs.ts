import type { CheckResult, RunEvent, Summary } from '../../../src/engine/events.ts';

type Change = Extract<RunEvent, { type: 'change' }>['changes'][number];

const stage = '02.etcd';

/** Events of scripted runs: what an engine would tell. */
export function runStart(command: string, hosts: readonly string[]): RunEvent {
  return { type: 'run-start', command, cluster: 'prod', hosts };
}

export function stageStart(hosts: readonly string[]): RunEvent {
  return { type: 'stage-start', stage, title: 'etcd members', hosts };
}

export function stageEnd(numbers: { ok?: boolean; changed?: number; durationMs?: number } = {}): RunEvent {
  return { type: 'stage-end', stage, ok: true, changed: 0, durationMs: 2140, ...numbers };
}

export function stepStart(host: string, step: string): RunEvent {
  return { type: 'step-start', stage, step, host };
}

export function change(host: string, resource: string, ...changes: readonly Change[]): RunEvent {
  return { type: 'change', stage, step: 'configuration', host, resource, changes };
}

export function progress(host: string, text: string): RunEvent {
  return { type: 'progress', stage, host, text };
}

export function hostFailed(host: string): RunEvent {
  const error = {
    code: 'NOT_HEALTHY',
    message: `${host}: etcd answers was not reached within 60 s`,
    why: `dial tcp 10.0.0.9:2380: connection refused\n${host} has no peer`,
    fix: `see  journalctl -u etcd.service  on ${host}; then run the same command again`,
    host,
  };
  return { type: 'host-failed', stage, host, error };
}

export function summary(numbers: Partial<Summary> = {}): RunEvent {
  const none = { hosts: 3, changed: 0, restarted: 0, failed: 0, durationMs: 31_400, bytesSent: 0, ok: true };
  return { type: 'summary', ...none, ...numbers };
}

export function check(name: string, numbers: Partial<CheckResult> = {}): RunEvent {
  return {
    type: 'check',
    check: { name, tried: `ask ${name}`, result: 'answers', ok: true, durationMs: 300, ...numbers },
  };
}

export const created: Change = { path: 'content', from: 'absent', to: 'sha256:0123456789ab', effect: 'create' };
export const mode: Change = { path: 'mode', from: '644', to: '600', effect: 'update' };
export const restart: Change = { path: 'inputs', from: '/etc/etcd/etcd.conf', to: 'recorded', effect: 'restart' };

/** `h001` … `h300`. */
export function manyHosts(number: number): string[] {
  return Array.from({ length: number }, (_, index) => `h${String(index + 1).padStart(3, '0')}`);
}
