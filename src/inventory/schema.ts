import { z } from 'zod';
import { standard } from './defaults.ts';
import type { PluginDeclaration } from './plugin.ts';
import { clusterSchema } from './schema/cluster.ts';
import { hostSchema, sshSchema } from './schema/host.ts';
import { optional } from './schema/fields.ts';
import { networkSchema } from './schema/network.ts';

/** The inventory's schema, as a whole and the part that is read even where others are broken. */
export interface InventorySchemas {
  readonly inventory: z.ZodObject;
  readonly cluster: z.ZodType<ClusterInput>;
}

/**
 * The inventory as it is written, with the settings of these networks. Unknown keys are errors everywhere; nothing is transformed or filled in
 * here, so that the JSON schema for editors and the README's reference can be made from it.
 */
export function inventorySchemas(plugins: readonly PluginDeclaration[]): InventorySchemas {
  const settings = plugins.flatMap(({ name, schema }) =>
    schema === undefined ? [] : [[name, optional(schema, `Settings of ${name}`)] as const],
  );
  const names = plugins.map(({ name }) => name);
  const network = networkSchema.extend({
    plugin: networkSchema.shape.plugin.meta({
      description: `Pod network: ${names.join(', ')}`,
      default: standard.network.plugin,
      examples: names,
    }),
    ...Object.fromEntries(settings),
  });
  const cluster = clusterSchema.extend({ network: optional(network, 'Addresses and the pod network') });
  const inventory = z
    .strictObject({
      cluster: cluster.describe('What the cluster is'),
      ssh: optional(sshSchema, 'How hosts are reached, unless a host says otherwise'),
      hosts: z.array(hostSchema).min(1).describe('The hosts'),
    })
    .meta({ title: 'k8sup inventory' });
  return { inventory, cluster: cluster };
}

/** The network as written: common keys, and those of plugins, whose shape only they know. */
export type NetworkInput = z.infer<typeof networkSchema> & Readonly<Record<string, unknown>>;
export type ClusterInput = Omit<z.infer<typeof clusterSchema>, 'network'> & {
  readonly network?: NetworkInput | undefined;
};
export type HostInput = z.infer<typeof hostSchema>;
export type SshInput = NonNullable<HostInput['ssh']>;

/** A whole inventory that passed the schema. */
export interface InventoryInput {
  readonly cluster: ClusterInput;
  readonly ssh?: SshInput | undefined;
  readonly hosts: readonly HostInput[];
}
