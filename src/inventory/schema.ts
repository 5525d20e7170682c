import * as z from 'zod';
import { standard } from './defaults.ts';
import { additionsOf } from './plugin.ts';
import type { PluginDeclaration } from './plugin.ts';
import { clusterSchema } from './schema/cluster.ts';
import { hostSchema } from './schema/host.ts';
import { localFile, optional } from './schema/fields.ts';
import { networkSchema } from './schema/network.ts';
import { jumpHostsSchema, sshSchema } from './schema/ssh.ts';

/** The inventory's schema, as a whole and the part that is read even where others are broken. */
export interface InventorySchemas {
  readonly inventory: z.ZodObject;
  readonly cluster: z.ZodType<ClusterInput>;
  readonly host: z.ZodType<HostInput>;
}

/**
 * The inventory as it is written, with the settings of these networks. Unknown keys are errors everywhere; nothing is transformed or filled in
 * here, so that the JSON schema for editors and the README's reference can be made from it.
 */
export function inventorySchemas(plugins: readonly PluginDeclaration[]): InventorySchemas {
  const settings = plugins.flatMap(({ name, schema }) =>
    schema === undefined ? [] : [[name, optional(schema, `Settings of ${name}`)] as const],
  );
  const additions = additionsOf(plugins).map(({ name, schema, summary }) => [name, optional(schema, summary)] as const);
  const names = plugins.map(({ name }) => name);
  const network = networkSchema.extend({
    plugin: networkSchema.shape.plugin.meta({
      description: `Pod network: ${names.join(', ')}`,
      default: standard.network.plugin,
      examples: names,
    }),
    ...Object.fromEntries([...settings, ...additions]),
  });
  const cluster = clusterSchema.extend({ network: optional(network, 'Addresses and the pod network') });
  const ownOfHosts = plugins.flatMap(({ name, hostSchema: own }) =>
    own === undefined ? [] : [[name, optional(own, `${name} on this host, over the cluster's settings`)] as const],
  );
  const host = hostSchema.extend(Object.fromEntries(ownOfHosts));
  const inventory = z
    .strictObject({
      cluster: cluster.describe('What the cluster is'),
      ssh: optional(sshSchema, 'How hosts are reached, unless a host says otherwise'),
      jumpHosts: optional(
        jumpHostsSchema,
        'Hosts that proxyJump goes over, each with its own key and credentials; what one leaves out is as in the section ssh',
      ),
      hosts: z.array(host).min(1).describe('The hosts'),
      playbooks: optional(
        z.array(localFile),
        'Files with stages of your own, from the folder of this one; see [steps of your own](#steps-of-your-own)',
        [],
      ),
    })
    .meta({ title: 'k8sup inventory' });
  // Extending by keys that only plugins know makes the compiler forget those of all hosts.
  return { inventory, cluster, host: host as unknown as z.ZodType<HostInput> };
}

/** The network as written: common keys, and those of plugins, whose shape only they know. */
export type NetworkInput = z.infer<typeof networkSchema> & Readonly<Record<string, unknown>>;
export type ClusterInput = Omit<z.infer<typeof clusterSchema>, 'network'> & {
  readonly network?: NetworkInput | undefined;
};
/** A host as written: common keys, and those of plugins. */
export type HostInput = z.infer<typeof hostSchema> & Readonly<Record<string, unknown>>;
export type SshInput = NonNullable<z.infer<typeof hostSchema>['ssh']>;

export type JumpHostInput = z.infer<typeof jumpHostsSchema>[number];

/** A whole inventory that passed the schema. */
export interface InventoryInput {
  readonly cluster: ClusterInput;
  readonly ssh?: SshInput | undefined;
  readonly jumpHosts?: readonly JumpHostInput[] | undefined;
  readonly hosts: readonly HostInput[];
}
