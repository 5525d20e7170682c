import { probeScript } from '../../engine/script.ts';
import type { RunContext } from '../../engine/run-context.ts';
import type { ComponentStatus, HostStatus } from '../../engine/events.ts';
import type { Section } from '../../engine/script.ts';
import type { Gate, Stage } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Host } from '../../inventory/model.ts';
import type { Life } from '../../pki/index.ts';
import { escapeControl } from '../../shell/escape.ts';
import { sh } from '../../shell/sh.ts';
import { whyUnreachable } from '../session.ts';
import type { Session } from '../session.ts';

/** One of the two certificates that a kubelet got from the cluster. */
export interface KubeletCertificate extends Life {
  readonly name: 'kubelet-client' | 'kubelet-server';
}

/** A host's status, with the lives of its kubelet's certificates. */
export interface LookedAtHost {
  readonly status: HostStatus;
  readonly kubeletCertificates: readonly KubeletCertificate[];
}

const kubeletCertificateNames = ['kubelet-client', 'kubelet-server'] as const;

/** Asks each component on each host for its own health, the way the stages' gates do; one round trip a host. A host that does not answer is a state. */
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
  const about = { name: host.name, address: host.addresses.join(','), roles: [...host.roles] };
  try {
    const { kubeletCertificates, ...found } = await lookAt(context, session, stages, host);
    return { status: { ...about, ...found }, kubeletCertificates };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof K8supError)) throw error;
    const status = { ...about, system: '', components: [], unreachable: whyUnreachable(error) };
    return { status, kubeletCertificates: [] };
  }
}

async function lookAt(context: RunContext, session: Session, stages: readonly Stage[], host: Host) {
  const { os, kernel, cpus, memoryMiB } = session.facts(host);
  const gates = await gatesOf(context, stages, host);
  const kubeletPki = `${context.inventory.cluster.kubelet.rootDir}/pki`;
  const script = probeScript([
    ...gates.flatMap((gate) => [
      { key: `health ${gate.unit}`, script: gate.check },
      { key: `state ${gate.unit}`, script: sh`systemctl show -p ActiveState --value ${gate.unit}` },
    ]),
    ...kubeletCertificateNames.map((name) => ({
      key: name,
      script: sh`openssl x509 -dates -noout -in ${`${kubeletPki}/${name}-current.pem`} 2>/dev/null | cut -d = -f 2`,
    })),
  ]);
  const result = await session.connection(host).read(script.script, { signal: context.signal, timeoutMs: 120_000 });
  const sections = script.parse(result.stdout);
  return {
    system: `${os}, kernel ${kernel}, ${String(cpus)} CPUs, ${String(memoryMiB)} MiB`,
    components: gates.map(({ unit }) => componentStatus(unit, sections)),
    kubeletCertificates: kubeletCertificateNames.flatMap((name) => parseDates(name, sections.get(name)?.output ?? '')),
  };
}

function componentStatus(unit: string, sections: ReadonlyMap<string, Section>): ComponentStatus {
  const health = sections.get(`health ${unit}`);
  const state = sections.get(`state ${unit}`)?.output.trim() ?? 'unknown';
  if (health?.exitCode === 0) return { unit, state, healthy: true };
  const said = escapeControl(health?.output ?? '').trim();
  return { unit, state, healthy: false, said: said.split('\n').at(-1) ?? '' };
}

/** openssl prints the begin and the end, each on its line; nothing where there is no certificate. */
function parseDates(name: KubeletCertificate['name'], output: string): readonly KubeletCertificate[] {
  const [notBefore, notAfter] = output.trim().split('\n');
  if (notBefore === undefined || notAfter === undefined) return [];
  return [{ name, notBefore: new Date(notBefore), notAfter: new Date(notAfter) }];
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
