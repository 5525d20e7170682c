import { randomInt } from 'node:crypto';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { testNetwork } from '../../kube/index.ts';
import { networkReport } from '../../network/look/report.ts';
import { pluginOf } from '../../network/network.ts';
import { renderNetworkStatus } from '../../report/index.ts';
import { needKubernetes } from '../admin-kubeconfig.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { lookOnHosts } from '../look-on-hosts.ts';
import { lookAtNetwork } from '../network/look.ts';
import { testSpec } from '../network/spec.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import type { Run } from '../run.ts';

/** `k8sup network status`: looks only, at what answers. The exit code is 0 where everything is as the plugin should have made it. */
export function networkStatus(
  request: { readonly inventory: string; readonly flags: RunFlags },
  io: Io,
): Promise<number> {
  return lookOnHosts({ ...request, command: 'network status', before }, io, async (context) => {
    const { inventory } = context;
    const judge = { status: pluginOf(inventory).status, inventory };
    const { looks, unseen } = await lookAtNetwork(context, judge);
    const sessions = await judge.status.sessions?.(inventory, context.kube);
    const status = networkReport(judge, looks, unseen, sessions);
    return {
      event: { type: 'network-status', status },
      text: (columns) => renderNetworkStatus(status, columns),
      code: status.problems.length === 0 ? exitCodes.ok : exitCodes.verification,
    };
  });
}

export interface NetworkTestRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly all: boolean;
  /** Undefined: chosen here, and told. */
  readonly seed: number | undefined;
  readonly throughput: boolean;
}

/** `k8sup network test`: measures with pods of its own. The exit code is 0 where everything that was tried is good. */
export function networkTest({ inventory, flags, ...request }: NetworkTestRequest, io: Io): Promise<number> {
  const spec = { command: 'network test', inventory, flags, writes: true, partial: true, before };
  return onHosts(spec, io, async (run, session) => {
    // A soft stop ends it too: nothing that it does is half done, and its pods are taken away in any case.
    const signal = AbortSignal.any([run.stop, run.signal]);
    const context = { ...(await makeContext({ ...run, signal }, session, 'plan')), stageId: 'network test' };
    const judge = { status: pluginOf(run.inventory).status, inventory: run.inventory };
    const limit = new Set(run.hosts.map(({ name }) => name));
    const wanted = { all: request.all, seed: request.seed ?? randomInt(1_000_000), throughput: request.throughput };
    const test = await testNetwork(
      context,
      testSpec(judge, await lookAtNetwork(context, judge), limit, wanted),
      receiverPort(),
    );
    run.emit({ type: 'network-test', test });
    return test.problems.length === 0 ? exitCodes.ok : exitCodes.verification;
  });
}

/** Pods are Kubernetes'. */
function before({ inventory }: Run): Promise<void> {
  return Promise.resolve(inventory).then(needKubernetes);
}

/** Below the ports of NodePorts and of outgoing connections, and above those of most programs. */
function receiverPort(): number {
  return randomInt(20_000, 30_000);
}
