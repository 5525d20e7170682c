import type { RunEvent } from '../../../src/engine/events.ts';
import type { RunContext } from '../../../src/engine/run-context.ts';
import type { Gate, HostStep, Stage, Step } from '../../../src/engine/stage.ts';
import type { Executor } from '../../../src/host/connection.ts';
import type { Host, Inventory } from '../../../src/inventory/model.ts';
import type { AnyResource } from '../../../src/resources/define.ts';
import { rawShell, sh } from '../../../src/shell/sh.ts';
import { fakeHost } from '../../support/fake-executor.ts';
import type { Call, FakeHost } from '../../support/fake-executor.ts';
import { inventoryOf } from '../components/fixture.ts';

export const three = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [etcd, node] }
  - { name: h3, address: 192.0.2.13, roles: [etcd, node] }
`);

/** A run over fake hosts, with all that it told. */
export interface TestRun extends Disposable {
  readonly context: RunContext;
  readonly events: readonly RunEvent[];
  readonly calls: readonly Call[];
  readonly stop: AbortController;
  readonly abort: AbortController;
  host(name: string): FakeHost;
}

export function testRun(changes: Partial<RunContext> = {}, inventory: Inventory = three): TestRun {
  const calls: Call[] = [];
  const events: RunEvent[] = [];
  const hosts = new Map(inventory.hosts.map(({ name }) => [name, fakeHost({ name, calls })]));
  const [stop, abort] = [new AbortController(), new AbortController()];
  const host = (name: string): FakeHost => {
    const found = hosts.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  const executor = ({ name }: Host): Executor => host(name).executor;
  const context = { ...contextOf(inventory, executor, events), signal: abort.signal, stop: stop.signal, ...changes };
  const dispose = (): void => hosts.forEach((one) => one[Symbol.dispose]());
  return { context, events, calls, stop, abort, host, [Symbol.dispose]: dispose };
}

const unused = (what: string) => (): never => {
  throw new Error(`${what} is not part of this test`);
};

/** A cluster that must not be asked. */
export const unusedCluster: RunContext['cluster'] = {
  diff: unused('the cluster'),
  texts: unused('the cluster'),
  apply: unused('the cluster'),
  causes: unused('the cluster'),
  forgotten: unused('the cluster'),
  forget: unused('the cluster'),
};

function contextOf(inventory: Inventory, executor: RunContext['executor'], events: RunEvent[]): RunContext {
  return {
    inventory,
    executor,
    mode: 'apply',
    hosts: inventory.hosts,
    facts: unused('facts'),
    unreachable: new Set(),
    nodes: () => Promise.resolve([]),
    pki: undefined as never,
    artifacts: undefined as never,
    registryPasswords: undefined as never,
    networkSecrets: new Map(),
    signal: new AbortController().signal,
    stop: new AbortController().signal,
    kube: { run: unused('kubectl') },
    cluster: unusedCluster,
    emit: (event) => void events.push(event),
    concurrency: 10,
    holder: 'k8sup apply of a test',
    showDiff: undefined,
    failed: new Map(),
    counts: { changed: 0, restarted: 0 },
    changing: new Map(),
  };
}

export function stageOf(...steps: readonly Step[]): Stage {
  return { id: '02.test', title: 'test', steps };
}

export function step(resources: readonly AnyResource[], more: Partial<HostStep> = {}): HostStep {
  return { type: 'hosts', name: 'things', on: () => true, resources: () => resources, ...more };
}

/**
 * A file below /srv that stands for a unit: with `start` it is started when absent, and restarted when its text differs. Each apply is noted in
 * /srv/log, so that order and count show.
 */
export function thing(name: string, wanted = 'on', apply = ''): AnyResource {
  const path = `/srv/${name}`;
  return {
    id: `thing:${name}`,
    probe: sh`cat ${path} 2>/dev/null || echo absent`,
    parse: (output: string) => output.trim(),
    diff: (state: string) =>
      state === wanted
        ? []
        : [{ path: 'state', from: state, to: wanted, effect: state === 'absent' ? 'start' : 'restart' }],
    apply: { script: sh`echo ${name} >> /srv/log; ${rawShell(apply === '' ? ':' : apply)}; echo ${wanted} > ${path}` },
  };
}

/** @param timeoutSeconds - by default more than any look takes on a machine that has much else to do. */
export function gate(check: string, timeoutSeconds = 60): Gate {
  return { name: 'test gate', check: rawShell(check), timeoutSeconds, unit: 'x.service' };
}

/** Events of some types as short lines. */
export function told(events: readonly RunEvent[], ...types: readonly RunEvent['type'][]): readonly string[] {
  return events.flatMap((event) => {
    if (!types.includes(event.type)) return [];
    const about = 'host' in event ? ` ${event.host ?? ''}` : '';
    return [`${event.type}${about}${'resource' in event ? ` ${event.resource}` : ''}`];
  });
}
