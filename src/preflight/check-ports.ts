import { portsOf } from '../host/facts/index.ts';
import type { NeededPort } from '../inventory/plugin.ts';
import type { Listener } from '../host/facts/model.ts';
import { isOurs } from './host-check.ts';
import type { HostCheck } from './host-check.ts';

/** Ports that another program holds. Our own unit as the holder is fine on a host that is ours. */
export const checkPorts: HostCheck = (inventory, host, facts) =>
  portsOf(inventory, host).flatMap((needed) => {
    const holder = facts.listeners.find((listener) => inTheWay(listener, needed));
    if (holder === undefined) return [];
    if (isOurs(inventory, facts) && (holder.unit === needed.unit || needed.unit === undefined)) return [];
    return [
      {
        code: 'PORT_TAKEN',
        what: `${needed.protocol} port ${needed.port} is taken`,
        why: `${holder.process || 'a program'}${holder.unit === undefined ? '' : ` (${holder.unit})`} listens on ${holder.address}; ${needed.purpose} needs it`,
        fix: 'stop that program, or give one of them another port',
        severity: 'error',
      },
    ];
  });

/** A firewall that is kept must let the cluster's ports through. */
export const checkFirewall: HostCheck = (inventory, host, facts) => {
  const ports = portsOf(inventory, host).filter((port) => !port.loopback);
  const through = `let through ${ports.map((port) => `${port.port}/${port.protocol}`).join(', ')}, the pod and service networks, and the node ports`;
  const found: ReturnType<HostCheck>[number][] = [];
  if (inventory.cluster.firewall === 'keep' && facts.firewalls.length > 0) {
    found.push({
      code: 'FIREWALL_KEPT',
      what: `${facts.firewalls.join(', ')} stays on`,
      why: `it must ${through}`,
      fix: 'open these, or let k8sup switch it off: hostPreparation.firewall: disable',
      severity: 'warning',
    });
  }
  if (facts.ruleLoaders.length > 0) {
    found.push({
      code: 'FIREWALL_RULES',
      what: `${facts.ruleLoaders.join(', ')} loads firewall rules of its operator's, which k8sup leaves alone`,
      why: `they must ${through}; and where loading them flushes all rules first, a reload takes those of kube-proxy and the pod network away too`,
      fix: "open these, and have only the file's own tables flushed; else restart kube-proxy and flanneld after a reload",
      severity: 'warning',
    });
  }
  return found;
};

function inTheWay(listener: Listener, needed: NeededPort): boolean {
  if (listener.protocol !== needed.protocol || listener.port !== needed.port) return false;
  const local = listener.address.startsWith('127.') || listener.address === '::1';
  const everywhere = ['0.0.0.0', '::', '*', '[::]'].includes(listener.address);
  return !needed.loopback || local || everywhere;
}
