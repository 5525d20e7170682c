import * as z from 'zod';
import { roles } from '../model.ts';
import { argsAndConfig, argsOnly, configOnly } from './components.ts';
import { derived, hostName, optional } from './fields.ts';
import { hostSshSchema } from './ssh.ts';

/** Any string passes here: keys, values and reserved prefixes are checked later with their own messages. */
const taintSchema = z.strictObject({
  key: z.string().describe("The taint's key"),
  value: optional(z.string(), "The taint's value"),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .describe('What happens to pods that do not tolerate it'),
});

export const hostSchema = z.strictObject({
  name: hostName.describe('Name of the host and of its node'),
  address: z
    .string()
    .describe('Address that the other hosts use, or one of each family with a comma between: `10.0.0.11,fd00::11`'),
  roles: derived(
    z.array(z.enum(roles)).min(1),
    'What the host does; container: it runs containers in an inventory without Kubernetes',
    'all three for the only host, else [node]',
  ),
  labels: optional(z.record(z.string(), z.string()), 'Labels of the node', {}),
  taints: optional(z.array(taintSchema), 'Taints of the node', []),
  connection: optional(
    z.enum(['ssh', 'local']),
    'local: the host is the machine that k8sup runs on, and is reached without SSH',
    'ssh',
  ),
  ssh: optional(hostSshSchema, 'SSH settings of this host, over those of the section ssh'),
  variables: optional(z.record(z.string(), z.unknown()), 'Free values of your own', {}),
  etcd: optional(argsOnly, "etcd on this host, over the cluster's settings"),
  apiserver: optional(argsOnly, "API server on this host, over the cluster's settings"),
  controllerManager: optional(argsOnly, "Controller manager on this host, over the cluster's settings"),
  scheduler: optional(argsOnly, "Scheduler on this host, over the cluster's settings"),
  kubelet: optional(argsAndConfig, "kubelet on this host, over the cluster's settings"),
  kubeProxy: optional(argsAndConfig, "kube-proxy on this host, over the cluster's settings"),
  containerd: optional(configOnly, "containerd on this host, over the cluster's settings"),
  docker: optional(configOnly, "Docker on this host, over the cluster's settings"),
});
