import { addressesOf } from './addresses.ts';
import { standard } from './defaults.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Draft } from './findings.ts';
import { given } from './given.ts';
import { layExtras } from './merge.ts';
import { componentNames, runsKubelet } from './model.ts';
import type { Cluster, ComponentName, Extras, Host, Role, Taint } from './model.ts';
import type { PluginDeclaration } from './plugin.ts';
import { resolveCluster } from './resolve-cluster.ts';
import type { LocalPath } from './local-path.ts';
import type { ClusterParts } from './resolve-cluster.ts';
import { sshOf } from './resolve-ssh.ts';
import type { ClusterInput, HostInput } from './schema.ts';

/**
 * Turns a checked inventory into the resolved model; pure. Errors thrown here are bugs: the checks let something pass.
 */
export function resolveInventory(
  draft: Draft,
  local: LocalPath,
  plugins: readonly PluginDeclaration[],
): { readonly cluster: Cluster; readonly hosts: readonly Host[] } {
  const only = draft.onlyHost;
  const hosts = draft.hosts.map(({ host }) => resolveHost(host, draft, { local, only }));
  const parts = resolveCluster(draft, local, { plugins, nodes: hosts.filter(runsKubelet).length });
  const proxy = draft.cluster.proxy;
  const cluster: Cluster = draft.kubernetes
    ? { ...parts, controlPlaneEndpoint: endpointOf(draft.cluster, parts, hosts) }
    : parts;
  if (proxy === undefined) return { cluster, hosts };
  const { http, https } = given(proxy);
  const noProxy = directHosts(proxy.noProxy ?? [], cluster, hosts);
  const resolved = { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }), noProxy };
  return { cluster: { ...cluster, proxy: resolved }, hosts };
}

/** The roles a host has; the only host of an inventory has all of them. */
export function rolesOf(host: HostInput, only: boolean): ReadonlySet<Role> {
  return new Set(host.roles ?? (only ? ['etcd', 'master', 'node'] : ['node']));
}

function resolveHost(host: HostInput, draft: Draft, context: { local: LocalPath; only: boolean }): Host {
  const addresses = addressesOf(host);
  return {
    name: host.name,
    address: addresses[0] ?? host.address,
    addresses,
    roles: rolesOf(host, context.only),
    labels: host.labels ?? {},
    taints: (host.taints ?? []).map(resolveTaint),
    connection: host.connection ?? 'ssh',
    ssh: sshOf(host, draft, context.local),
    variables: host.variables ?? {},
    extras: resolveExtras(draft.cluster, host),
  };
}

function resolveTaint({
  key,
  value,
  effect,
}: {
  key: string;
  value?: string | undefined;
  effect: Taint['effect'];
}): Taint {
  return { key, effect, ...(value === undefined ? {} : { value }) };
}

function resolveExtras(cluster: ClusterInput, host: HostInput): Record<ComponentName, Extras> {
  const common: Readonly<Partial<Record<ComponentName, ExtrasInput | undefined>>> = {
    ...cluster,
    containerd: cluster.runtime?.containerd,
    docker: cluster.runtime?.docker,
  };
  const entries = componentNames.map(
    (name) => [name, layExtras(extrasOf(common[name]), extrasOf(host[name]))] as const,
  );
  return Object.fromEntries(entries) as Record<ComponentName, Extras>;
}

interface ExtrasInput {
  readonly extraArgs?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  readonly extraConfig?: Readonly<Record<string, unknown>> | undefined;
}

function extrasOf(input: ExtrasInput | undefined): Extras {
  const args = Object.entries(input?.extraArgs ?? {});
  return {
    extraArgs: Object.fromEntries(args.map(([name, value]) => [name, value === null ? null : String(value)])),
    extraConfig: input?.extraConfig ?? {},
  };
}

type Endpoint = NonNullable<Cluster['controlPlaneEndpoint']>;

function endpointOf(input: ClusterInput, parts: ClusterParts, hosts: readonly Host[]): Endpoint {
  if (input.controlPlaneEndpoint !== undefined) {
    const endpoint = parseEndpoint(input.controlPlaneEndpoint);
    if (endpoint === undefined) throw new Error(`endpoint ${input.controlPlaneEndpoint} passed the checks`);
    return { host: endpoint.host, port: endpoint.port ?? standard.apiserver.port };
  }
  const master = hosts.find((host) => host.roles.has('master'));
  if (master === undefined) throw new Error('an inventory without a master passed the checks');
  return { host: master.address, port: parts.apiserverPort };
}

/** Nothing inside the cluster may go through the proxy: it could not reach it. */
function directHosts(written: readonly string[], cluster: Cluster, hosts: readonly Host[]): readonly string[] {
  const { podCIDRs, serviceCIDRs, dnsDomain } = cluster.network;
  const { controlPlaneEndpoint: endpoint } = cluster;
  const inside = [
    'localhost',
    '127.0.0.1',
    '::1',
    ...podCIDRs,
    ...(endpoint === undefined ? [] : [endpoint.host, ...serviceCIDRs, '.svc', `.${dnsDomain}`]),
  ];
  const addresses = hosts.flatMap((host) => [...host.addresses, host.name]);
  return [...new Set([...inside, ...addresses, ...written])];
}
