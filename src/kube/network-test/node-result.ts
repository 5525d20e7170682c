import type { Attempt, NodeResult } from '../../engine/network-report.ts';
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
export interface NodeJudge
  extends Pick<Started, 'receivers'>, Pick<NetworkTestSpec, 'masquerades' | 'nonMasqueradeCIDRs'> {
  readonly inventory: Inventory;
}

/** What a node's pod said of everything but paths. Pure. */
export function nodeResult(judge: NodeJudge, pod: TestPod, answer: Answer): NodeResult {
  if ('reason' in answer) return { name: pod.node, absent: `its test pod could not be asked: ${answer.reason}` };
  const dns = answer.said.get('dns .')?.[0];
  const receiver = receiverFor(judge.receivers, pod.node);
  return {
    name: pod.node,
    ...(dns === undefined ? {} : { dns: dnsAttempt(judge.inventory, dns) }),
    ...(receiver === undefined ? {} : { masquerade: masquerade(judge, receiver, pod, answer.said.get('node .')?.[0]) }),
  };
}

function dnsAttempt({ cluster }: Inventory, answer: string): Attempt {
  const { apiserverServiceIP, dnsIP } = cluster.network;
  const found = resolvesTo(answer, apiserverServiceIP);
  return { ok: found, said: found ? `${dnsIP} answered ${apiserverServiceIP}` : answer.slice(0, 200) };
}

function masquerade(
  { masquerades, nonMasqueradeCIDRs }: NodeJudge,
  receiver: Receiver,
  pod: TestPod,
  answer = '',
): NonNullable<NodeResult['masquerade']> {
  const seen = seenAddress(answer);
  if (seen === undefined) return { ok: false, said: answer.slice(0, 200), to: receiver.node };
  const about = { said: `seen as ${seen}`, to: receiver.node, seen };
  if (!masquerades) return { ok: true, ...about };
  const wanted = !nonMasqueradeCIDRs.some((cidr) => isIn(receiver.address, cidr));
  return { ok: !pod.addresses.includes(seen) === wanted, ...about, wanted };
}

function isIn(address: string, network: string): boolean {
  const [one, cidr] = [parseAddress(address), parseCidr(network)];
  return one.kind !== 'none' && 'cidr' in cidr && contains(cidr.cidr, one);
}
