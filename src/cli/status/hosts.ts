import { probeScript } from '../../engine/script.ts';
import type { RunContext } from '../../engine/run-context.ts';
import type { ComponentStatus, HostStatus } from '../../engine/events.ts';
import type { Gate, Stage } from '../../engine/stage.ts';
import type { Host } from '../../inventory/model.ts';
import { escapeControl } from '../../shell/escape.ts';
import { sh } from '../../shell/sh.ts';
import type { Session } from '../session.ts';

/** A host's status, with the end of its kubelet's client certificate as openssl prints it. */
export interface LookedAtHost {
  readonly status: HostStatus;
  readonly kubeletCertificate: string | undefined;
}

/** Asks each component on each host for its own health, the way the stages' gates do; one round trip a host. */
export function readHostStatus(
  context: RunContext,
  session: Session,
  stages: readonly Stage[],
): Promise<readonly LookedAtHost[]> {
  return Promise.all(context.inventory.hosts.map((host) => hostStatus(context, session, stages, host)));
}

async function hostStatus(
  context: RunContext,
  session: Session,
  stages: readonly Stage[],
  host: Host,
): Promise<LookedAtHost> {
  const gates = await gatesOf(context, stages, host);
  const kubeletPem = `${context.inventory.cluster.kubelet.rootDir}/pki/kubelet-client-current.pem`;
  const script = probeScript([
    ...gates.flatMap((gate) => [
      { key: `health ${gate.unit}`, script: gate.check },
      { key: `state ${gate.unit}`, script: sh`systemctl show -p ActiveState --value ${gate.unit}` },
    ]),
    {
      key: 'kubelet certificate',
      script: sh`openssl x509 -enddate -noout -in ${kubeletPem} 2>/dev/null | cut -d = -f 2`,
    },
  ]);
  const result = await session.connection(host).read(script.script, { signal: context.signal, timeoutMs: 120_000 });
  const sections = script.parse(result.stdout);
  const components = gates.map(({ unit }): ComponentStatus => {
    const health = sections.get(`health ${unit}`);
    const healthy = health?.exitCode === 0;
    const said =
      escapeControl(health?.output ?? '')
        .trim()
        .split('\n')
        .at(-1) ?? '';
    return {
      unit,
      state: sections.get(`state ${unit}`)?.output.trim() ?? 'unknown',
      healthy,
      ...(healthy ? {} : { said }),
    };
  });
  const { os, kernel, cpus, memoryMiB } = session.facts(host);
  const end = sections.get('kubelet certificate')?.output.trim();
  const status = {
    name: host.name,
    address: host.address,
    roles: [...host.roles],
    system: `${os}, kernel ${kernel}, ${String(cpus)} CPUs, ${String(memoryMiB)} MiB`,
    components,
  };
  return { status, kubeletCertificate: end === '' ? undefined : end };
}

async function gatesOf(context: RunContext, stages: readonly Stage[], host: Host): Promise<readonly Gate[]> {
  const gates: Gate[] = [];
  for (const step of stages.flatMap((stage) => stage.steps)) {
    if (step.type !== 'hosts' || !step.on(host) || step.gate === undefined) continue;
    const gate = await step.gate(host, context);
    if (gate !== undefined) gates.push(gate);
  }
  return gates;
}
