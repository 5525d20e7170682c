import type { NeededPort } from '../inventory/plugin.ts';

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
