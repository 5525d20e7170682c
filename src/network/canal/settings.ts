import * as z from 'zod';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, interfaceName, optional, port } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { commonShape, commonStandard } from '../calico/base-settings.ts';
import type { CommonSettings } from '../calico/base-settings.ts';
import { pickCommon } from '../calico/settings.ts';

export const name = 'canal';

export interface CanalSettings extends CommonSettings {
  readonly backend: 'vxlan' | 'host-gw';
  readonly vni: number;
  readonly port: number;
  /** Undefined: the one with the default route. */
  readonly interface?: string;
  readonly masquerade: boolean;
}

const own = { backend: 'vxlan', vni: 1, port: 8472, masquerade: true } as const;

export const schema = z.strictObject({
  ...commonShape,
  backend: optional(z.enum(['vxlan', 'host-gw']), "How flannel's packets reach other nodes", own.backend),
  vni: optional(z.int().min(1).max(16777215), 'vxlan: network identifier', own.vni),
  port: optional(port, 'vxlan: UDP port', own.port),
  interface: derived(interfaceName, 'Interface to other nodes', 'the one with the default route'),
  masquerade: optional(z.boolean(), 'Masquerade what leaves the pod network', own.masquerade),
});

/** Every default filled in. */
export function resolveSettings(input: ClusterInput): CanalSettings {
  const { mtu, manifestSha256, interface: link, ...rest } = given(writtenFor({ name, schema }, input));
  const written = { ...commonStandard, ...own, ...rest };
  return {
    ...pickCommon(written),
    version: plain(written.version),
    ...(mtu === undefined ? {} : { mtu }),
    ...(manifestSha256 === undefined ? {} : { manifestSha256 }),
    backend: written.backend,
    vni: written.vni,
    port: written.port,
    ...(link === undefined ? {} : { interface: link }),
    masquerade: written.masquerade,
  };
}
