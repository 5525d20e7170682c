import * as z from 'zod';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, dnsName, interfaceName, mtu, optional } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { releaseFields } from '../release-fields.ts';

export const name = 'multus';

/** The release whose files k8sup's edits are written for. */
export const multusVersion = '4.3.0';

export interface MacvlanNetwork {
  readonly name: string;
  readonly namespace: string;
  readonly master: string;
  readonly mode: (typeof macvlanModes)[number];
  readonly ipam: (typeof ipams)[number];
  readonly mtu?: number | undefined;
  readonly subnet?: string | undefined;
  readonly rangeStart?: string | undefined;
  readonly rangeEnd?: string | undefined;
  readonly gateway?: string | undefined;
}

export interface MultusSettings {
  readonly version: string;
  readonly sha256?: string;
  readonly images: Readonly<Record<string, string>>;
  readonly mode: 'thick' | 'thin';
  readonly networks: readonly MacvlanNetwork[];
}

const macvlanModes = ['bridge', 'private', 'vepa', 'passthru'] as const;
const ipams = ['host-local', 'static', 'none'] as const;

const own = { version: multusVersion, images: {}, mode: 'thick', networks: [] } as const;
export const networkStandard = { namespace: 'default', mode: 'bridge', ipam: 'host-local' } as const;

export const schema = z.strictObject({
  enabled: optional(z.boolean(), 'Give pods further interfaces, by Multus', false),
  ...releaseFields('Multus', own.version),
  mode: optional(
    z.enum(['thick', 'thin']),
    'A daemon that does the work for a small plugin, or a plugin that does all',
    own.mode,
  ),
  networks: optional(
    z.array(
      z.strictObject({
        name: dnsName.describe('Name of the NetworkAttachmentDefinition, for annotations of pods'),
        namespace: optional(dnsName, 'Its namespace, which must be there', networkStandard.namespace),
        type: z.enum(['macvlan']).describe('Its plugin'),
        master: interfaceName.describe('Interface of the hosts that the pods share'),
        mode: optional(z.enum(macvlanModes), "macvlan's mode", networkStandard.mode),
        mtu: derived(mtu, 'MTU of the interface', "the master's"),
        ipam: optional(
          z.enum(ipams),
          'Addresses: each node gives out the range by itself, the annotation of the pod names them, or there are none',
          networkStandard.ipam,
        ),
        subnet: optional(z.string(), 'host-local: block of addresses of the network'),
        rangeStart: derived(z.string(), 'host-local: first address for pods', 'the second of the subnet'),
        rangeEnd: derived(z.string(), 'host-local: last address for pods', 'the last but one of the subnet'),
        gateway: optional(z.string(), 'host-local: router of the network'),
      }),
    ),
    'Networks that pods can ask for',
    own.networks,
  ),
});

export type MultusInput = Partial<z.infer<typeof schema>>;
export type NetworkInput = NonNullable<MultusInput['networks']>[number];

/** Every default filled in. */
export function resolveSettings(input: ClusterInput): MultusSettings {
  const { version, sha256, images, mode, networks } = { ...own, ...given(writtenFor({ name, schema }, input)) };
  return {
    version: plain(version),
    images,
    mode,
    networks: networks.map((network) => ({
      ...network,
      namespace: network.namespace ?? networkStandard.namespace,
      mode: network.mode ?? networkStandard.mode,
      ipam: network.ipam ?? networkStandard.ipam,
    })),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}
