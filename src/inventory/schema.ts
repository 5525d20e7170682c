import { z } from 'zod';
import { clusterSchema } from './schema/cluster.ts';
import { hostSchema, sshSchema } from './schema/host.ts';
import { optional } from './schema/fields.ts';

/**
 * The inventory as it is written. Unknown keys are errors everywhere; nothing is transformed or filled in here, so that the
 * JSON schema for editors and the README's reference can be made from it.
 */
export const inventorySchema = z
  .strictObject({
    cluster: clusterSchema.describe('What the cluster is'),
    ssh: optional(sshSchema, 'How hosts are reached, unless a host says otherwise'),
    hosts: z.array(hostSchema).min(1).describe('The hosts'),
  })
  .meta({ title: 'k8sup inventory' });

/** A whole inventory that passed the schema. */
export type InventoryInput = z.infer<typeof inventorySchema>;
export type ClusterInput = InventoryInput['cluster'];
export type HostInput = InventoryInput['hosts'][number];
export type SshInput = NonNullable<HostInput['ssh']>;
