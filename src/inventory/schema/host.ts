import { z } from 'zod';
import { standard } from '../defaults.ts';
import { roles } from '../model.ts';
import { argsAndConfig, argsOnly, configOnly } from './components.ts';
import { derived, hostName, localFile, optional, port, sshHostName, text } from './fields.ts';

const sshShape = {
  user: optional(
    text({ code: 'USER_INVALID', pattern: /^[A-Za-z0-9_][\w.@-]*$/, expected: 'a user name' }),
    'root, or a user with passwordless sudo',
    standard.ssh.user,
  ),
  port: optional(port, 'Port of sshd', standard.ssh.port),
  privateKey: derived(localFile, 'Private key file, mode 0600', 'the SSH agent'),
  knownHosts: optional(z.string().min(1), 'known_hosts file', standard.ssh.knownHosts),
  hostKeyChecking: optional(
    z.enum(['strict', 'accept-new']),
    'strict refuses unknown hosts; accept-new records them at first sight; a changed key is always refused',
    standard.ssh.hostKeyChecking,
  ),
  proxyCommand: optional(
    z.string().min(1),
    "OpenSSH's ProxyCommand with its tokens %h %p %r %n %%; none switches it off",
  ),
  connectTimeout: optional(
    z.int().min(1).max(600),
    'Seconds until a connection attempt is given up',
    standard.ssh.connectTimeout,
  ),
};

export const sshSchema = z.strictObject(sshShape);

const hostSshSchema = z.strictObject({
  hostName: derived(sshHostName, 'Name or address to connect to', "the host's address"),
  ...sshShape,
});

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
