import * as z from 'zod';
import { derived, interfaceName, mtu, optional } from './fields.ts';

const range = z.strictObject({
  from: z.string().describe('First address'),
  to: z.string().describe('Last address'),
});

const common = {
  subnet: z.string().describe('The network that pods become part of'),
  gateway: optional(z.string(), "Its router, for pods' way out"),
  ranges: z
    .record(z.string(), range)
    .describe('Addresses that each host may give to its pods, by host; nobody else may use them'),
};

/** Pods as machines of a LAN that the hosts are on. */
export const lanSchema = z.strictObject({
  master: derived(interfaceName, 'Interface of the hosts on that network', "the one with the host's address"),
  ...common,
});

export const secondInterfaceSchema = z.strictObject({
  plugin: optional(z.enum(['macvlan']), 'How pods get it', 'macvlan'),
  master: interfaceName.describe('Interface of the hosts on that network'),
  ...common,
  mtu: derived(mtu, 'Its MTU in pods', "the interface's"),
});

export type LanInput = z.infer<typeof lanSchema>;
export type SecondInterfaceInput = z.infer<typeof secondInterfaceSchema>;
