import { familyOf } from '../../inventory/cidr.ts';
import type { LanInput } from '../../inventory/schema/lan.ts';

interface MacvlanSpec {
  readonly lan: LanInput;
  /** Whose range of addresses is given out. */
  readonly host: string;
  readonly master: string;
  readonly mtu: number | undefined;
  /** Whether pods go out by the gateway. */
  readonly defaultRoute: boolean;
}

/** Configuration of the CNI plugin macvlan: pods on one host reach each other too (mode bridge). */
export function macvlanConfig({ lan, host, master, mtu, defaultRoute }: MacvlanSpec): object {
  const range = lan.ranges[host];
  if (range === undefined) throw new Error(`no range for ${host} passed the checks`);
  const gateway = lan.gateway === undefined ? {} : { gateway: lan.gateway };
  return {
    type: 'macvlan',
    master,
    mode: 'bridge',
    ...(mtu === undefined ? {} : { mtu }),
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet: lan.subnet, rangeStart: range.from, rangeEnd: range.to, ...gateway }]],
      ...(defaultRoute && lan.gateway !== undefined
        ? { routes: [{ dst: familyOf(lan.subnet) === 'ipv6' ? '::/0' : '0.0.0.0/0' }] }
        : {}),
    },
  };
}
