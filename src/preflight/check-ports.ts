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

function inTheWay(listener: Listener, needed: NeededPort): boolean {
  if (listener.protocol !== needed.protocol || listener.port !== needed.port) return false;
  const local = listener.address.startsWith('127.') || listener.address === '::1';
  const everywhere = ['0.0.0.0', '::', '*', '[::]'].includes(listener.address);
  return !needed.loopback || local || everywhere;
}
