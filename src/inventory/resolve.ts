import { formatAddress, parseAddress, splitList } from './cidr.ts';
import { standard } from './defaults.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Draft } from './findings.ts';
import { given } from './given.ts';
import { layExtras } from './merge.ts';
import { componentNames, runsKubelet } from './model.ts';
import type { Cluster, ComponentName, Extras, Host, Role, SshSettings, Taint } from './model.ts';
import type { PluginDeclaration } from './plugin.ts';
import { resolveCluster } from './resolve-cluster.ts';
import type { ClusterParts, LocalPath } from './resolve-cluster.ts';
import type { ClusterInput, HostInput, SshInput } from './schema.ts';

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
  const controlPlaneEndpoint = endpointOf(draft.cluster, parts, hosts);
  const proxy = draft.cluster.proxy;
  const cluster: Cluster = { ...parts, controlPlaneEndpoint };
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

/** The settings of the section ssh with the host's own over them. */
export function sshOf(host: HostInput, common: SshInput, local: LocalPath): SshSettings {
  const { connectTimeout, knownHosts, privateKey, proxyCommand, ...rest } = {
    ...standard.ssh,
    ...given(common),
    ...given(host.ssh),
  } as typeof standard.ssh & ReturnType<typeof given<SshInput>>;
  return {
    hostName: rest.hostName ?? addressesOf(host)[0] ?? host.address,
    port: rest.port,
    user: rest.user,
    knownHosts: local(knownHosts),
    hostKeyChecking: rest.hostKeyChecking,
    connectTimeoutSeconds: connectTimeout,
    ...(privateKey === undefined ? {} : { privateKey: local(privateKey) }),
    ...(proxyCommand === undefined || proxyCommand === 'none' ? {} : { proxyCommand }),
  };
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
    ssh: sshOf(host, draft.ssh, context.local),
    variables: host.variables ?? {},
    extras: resolveExtras(draft.cluster, host),
  };
}

/** What stands in `address`, in the usual form of each; what is no address stays as it is. */
export function addressesOf({ address }: Pick<HostInput, 'address'>): readonly string[] {
  return splitList(address).map((text) => {
    const parsed = parseAddress(text);
    return parsed.kind === 'none' ? text : formatAddress(parsed);
  });
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

function endpointOf(input: ClusterInput, parts: ClusterParts, hosts: readonly Host[]): Cluster['controlPlaneEndpoint'] {
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
  const inside = [
    'localhost',
    '127.0.0.1',
    '::1',
    cluster.controlPlaneEndpoint.host,
    ...podCIDRs,
    ...serviceCIDRs,
    '.svc',
    `.${dnsDomain}`,
  ];
  const addresses = hosts.flatMap((host) => [...host.addresses, host.name]);
  return [...new Set([...inside, ...addresses, ...written])];
}
