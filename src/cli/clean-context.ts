import type { RunContext } from '../engine/run-context.ts';
import type { Run } from './run.ts';
import type { Session } from './session.ts';

/**
 * What taking a cluster off works with. It opens no keys, artifacts or password files: a store that is damaged, expired or gone is a reason to
 * clean, and must not be in the way of it.
 */
export function makeCleanContext(run: Run, session: Session): RunContext {
  const unused = (): never => {
    throw new Error('clean works from what each host has recorded, and has no keys, artifacts or apiserver');
  };
  return {
    inventory: run.inventory,
    facts: (host) => session.facts(host),
    unreachable: new Set(),
    nodes: unused,
    pki: {
      get authorities() {
        return unused();
      },
      get leaves() {
        return unused();
      },
      adminKubeconfig: unused,
    },
    artifacts: { get: unused, compressed: unused },
    registryPasswords: new Map(),
    networkSecrets: new Map(),
    signal: run.signal,
    mode: 'apply',
    hosts: run.hosts,
    executor: (host) => session.connection(host),
    kube: { run: unused },
    cluster: { diff: unused, texts: unused, apply: unused, causes: unused, forgotten: unused, forget: unused },
    emit: run.emit,
    stop: run.stop,
    concurrency: run.flags.concurrency,
    holder: run.holder,
    showDiff: undefined,
    failed: new Map(),
    counts: run.numbers.counts,
    changing: new Map(),
  };
}
