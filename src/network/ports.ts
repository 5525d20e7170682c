import type { NeededPort, NeededProtocol } from '../inventory/plugin.ts';

/** A port of pods in the host's network: no unit holds it. */
export function tcp(port: number, purpose: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit: undefined, loopback: false };
}

export function udp(port: number, purpose: string): NeededPort {
  return { protocol: 'udp', port, purpose, unit: undefined, loopback: false };
}

export function loopbackTcp(port: number, purpose: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit: undefined, loopback: true };
}

/** Tunnels of IPv4 in IPv4. */
export const ipInIp: NeededProtocol = { number: 4, purpose: 'IP in IP', family: 'ipv4' };

/** Tunnels of IPv6 in IPv6. */
export const ipv6InIpv6: NeededProtocol = { number: 41, purpose: 'IPv6 in IPv6', family: 'ipv6' };

/** Encrypted packets of IPsec, where they are not wrapped in UDP. */
export const esp: NeededProtocol = { number: 50, purpose: 'ESP' };
