import type { NodeResult } from '../../engine/network-report.ts';
import type { Inventory } from '../../inventory/model.ts';
import { contains, parseAddress, parseCidr } from '../../inventory/cidr.ts';
import { resolvesTo, seenAddress } from './from-pod.ts';
import type { Answer } from './ask.ts';
import type { Receiver, Started, TestPod } from './pods.ts';
import type { NetworkTestSpec } from './spec.ts';

/** The receiver on another node; undefined where there is none. */
export function receiverFor(receivers: readonly Receiver[], node: string): Receiver | undefined {
  return receivers.find((receiver) => receiver.node !== node);
}

/** What a node's answers are judged by. */
export interface NodeJudge extends Pick<Started, 'receivers'>, Pick<NetworkTestSpec, 'nonMasqueradeCIDRs'> {
  readonly inventory: Inventory;
}

/** What a node's pod said of everything but paths. Pure. */
export function nodeResult(judge: NodeJudge, pod: TestPod, answer: Answer): NodeResult {
  if ('reason' in answer) return { name: pod.node, absent: `its test pod could not be asked: ${answer.reason}` };
  const dns = answer.said.get('dns .')?.[0] ?? '';
  const { apiserverServiceIP, dnsIP } = judge.inventory.cluster.network;
  const found = resolvesTo(dns, apiserverServiceIP);
  const receiver = receiverFor(judge.receivers, pod.node);
  return {
    name: pod.node,
    dns: { ok: found, said: found ? `${dnsIP} answered ${apiserverServiceIP}` : dns.slice(0, 200) },
    ...(receiver === undefined ? {} : { masquerade: masquerade(judge, receiver, pod, answer.said.get('node .')?.[0]) }),
  };
}

function masquerade(
  { nonMasqueradeCIDRs }: NodeJudge,
  receiver: Receiver,
  pod: TestPod,
  answer = '',
): NonNullable<NodeResult['masquerade']> {
  const seen = seenAddress(answer);
  const wanted = !nonMasqueradeCIDRs.some((cidr) => isIn(receiver.address, cidr));
  const about = { to: receiver.node, wanted };
  if (seen === undefined) return { ok: false, said: answer.slice(0, 200), ...about };
  return { ok: !pod.addresses.includes(seen) === wanted, said: `seen as ${seen}`, seen, ...about };
}

function isIn(address: string, network: string): boolean {
  const [one, cidr] = [parseAddress(address), parseCidr(network)];
  return one.kind !== 'none' && 'cidr' in cidr && contains(cidr.cidr, one);
}
