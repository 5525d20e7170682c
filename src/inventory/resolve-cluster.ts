import { familyOf, formatAddress, formatCidr, nthAddress, parseAddress, parseCidr, splitList } from './cidr.ts';
import type { Cidr } from './cidr.ts';
import {
  corednsVersionFor,
  dataRootFor,
  dnsIndex,
  proxyModeFor,
  runtimeFor,
  runtimeVersionFor,
  standard,
} from './defaults.ts';
import type { Draft } from './findings.ts';
import { given } from './given.ts';
import type { Combination } from './support.ts';
import { chosenAdditions, enforcesPolicy, joinNeeds, macvlanNeeds, sharedKeys } from './plugin.ts';
import type { PluginDeclaration } from './plugin.ts';
import type {
  ArtifactSettings,
  Cluster,
  Lifetimes,
  NetworkSettings,
  RuntimeSettings,
  StoreSettings,
  Versions,
} from './model.ts';
import type { LocalPath } from './local-path.ts';
import type { ClusterInput, HostInput } from './schema.ts';

/** The versions and kinds that decide what is possible, defaults filled in; pure. */
export function combinationOf(input: ClusterInput, plugin?: PluginDeclaration): Combination {
  const kubernetes = plain(input.kubernetesVersion ?? standard.kubernetesVersion);
  const runtime = input.runtime?.type ?? runtimeFor(kubernetes);
  return {
    kubernetes,
    runtime,
    runtimeVersion: plain(input.runtime?.version ?? runtimeVersionFor(runtime, kubernetes)),
    proxyMode: input.kubeProxy?.mode ?? proxyModeFor(kubernetes),
    coredns: plain(input.coredns?.version ?? corednsVersionFor(kubernetes)),
    etcd: plain(input.etcd?.version ?? standard.etcd.version),
    families: splitList(input.network?.podCIDR ?? standard.network.podCIDR).map(familyOf),
    plugin: pluginName(input),
    pluginVersion: plugin?.version(input, kubernetes),
  };
}

/** The network that is chosen, whether or not there is one of that name. */
export function pluginName(input: ClusterInput): string {
  return input.network?.plugin ?? standard.network.plugin;
}

/** The parts of a cluster that need no knowledge of its hosts. */
export type ClusterParts = Omit<Cluster, 'controlPlaneEndpoint' | 'proxy'>;

/**
 * Fills in every default. Call it only with input that the checks have passed.
 *
 * @param networks - those there are, and for how many hosts that run a kubelet.
 */
export function resolveCluster(
  { cluster: input, hosts }: Pick<Draft, 'cluster' | 'hosts'>,
  local: LocalPath,
  networks: { readonly plugins: readonly PluginDeclaration[]; readonly nodes: number },
): ClusterParts {
  const combination = combinationOf(input);
  const preparation = { ...standard.hostPreparation, ...given(input.hostPreparation) };
  const apiserver = { ...standard.apiserver, ...given(input.apiserver) };
  const etcd = { ...standard.etcd, ...given(input.etcd) };
  const kubelet = { ...standard.kubelet, ...given(input.kubelet) };
  return {
    name: input.name,
    versions: resolveVersions(input, combination),
    runtime: resolveRuntime(input, combination, local),
    network: resolveNetwork(
      input,
      hosts.map(({ host }) => host),
      { local, ...networks },
    ),
    kubeProxy: { mode: combination.proxyMode },
    bootstrap: input.bootstrap ?? standard.bootstrap,
    apiserverPort: apiserver.port,
    apiserverExtraSANs: input.apiserver?.extraSANs ?? [],
    encryptionAtRest: apiserver.encryptionAtRest,
    audit: apiserver.audit,
    images: {
      coredns: input.images?.coredns ?? `${standard.images.coredns}:v${combination.coredns}`,
      verify: input.images?.verify ?? standard.images.verify,
    },
    lifetimes: lifetimesOf(input),
    store: storeOf(input, local),
    timeServers: input.timeServers ?? [],
    ...preparation,
    etcd: { dataDir: etcd.dataDir, clientPort: etcd.clientPort, peerPort: etcd.peerPort },
    kubelet: { rootDir: kubelet.rootDir, maxPods: kubelet.maxPods },
    coredns: { replicas: input.coredns?.replicas ?? standard.coredns.replicas },
    artifacts: resolveArtifacts(input, local),
  };
}

function storeOf({ certificates }: ClusterInput, local: LocalPath): StoreSettings {
  const { identityFile, passphraseFile, passphraseCommand } = certificates?.store ?? {};
  return {
    ...(identityFile === undefined ? {} : { identityFile: local(identityFile) }),
    ...(passphraseFile === undefined ? {} : { passphrase: { file: local(passphraseFile) } }),
    ...(passphraseCommand === undefined ? {} : { passphrase: { command: passphraseCommand } }),
  };
}

/** Certificate lives in hours. */
export function lifetimesOf(input: ClusterInput): Lifetimes {
  const written = { ...standard.certificates, ...given(input.certificates) };
  return {
    caHours: toHours(written.caLifetime),
    leafHours: toHours(written.leafLifetime),
    nodeHours: toHours(written.nodeLifetime),
  };
}

/** Directories that hold a cluster's data on hosts, by the key that sets them. */
export function dataDirectories(
  input: ClusterInput,
): Readonly<Record<'etcd.dataDir' | 'kubelet.rootDir' | 'runtime.dataRoot', string>> {
  return {
    'etcd.dataDir': input.etcd?.dataDir ?? standard.etcd.dataDir,
    'kubelet.rootDir': input.kubelet?.rootDir ?? standard.kubelet.rootDir,
    'runtime.dataRoot': input.runtime?.dataRoot ?? dataRootFor(combinationOf(input).runtime),
  };
}

function resolveVersions(input: ClusterInput, combination: Combination): Versions {
  const { kubernetes, runtime, runtimeVersion } = combination;
  const runtimeVersions = {
    containerd: runtimeVersionFor('containerd', kubernetes),
    docker: runtimeVersionFor('docker', kubernetes),
    [runtime]: runtimeVersion,
  };
  return {
    kubernetes,
    etcd: combination.etcd,
    ...runtimeVersions,
    runc: plain(input.runtime?.runcVersion ?? standard.runtime.runcVersion),
    criDockerd: plain(input.runtime?.criDockerdVersion ?? standard.runtime.criDockerdVersion),
    cniPlugins: plain(input.network?.cniPluginsVersion ?? standard.network.cniPluginsVersion),
    coredns: combination.coredns,
  };
}

function resolveRuntime(input: ClusterInput, combination: Combination, local: LocalPath): RuntimeSettings {
  const written = { ...standard.runtime, ...given(input.runtime) };
  return {
    type: combination.runtime,
    dataRoot: trimSlash(dataDirectories(input)['runtime.dataRoot']),
    cgroupDriver: written.cgroupDriver,
    sandboxImage: written.sandboxImage,
    registryMirrors: input.runtime?.registryMirrors ?? {},
    insecureRegistries: input.runtime?.insecureRegistries ?? [],
    credentials: (input.runtime?.credentials ?? []).map((credential) => ({
      ...credential,
      passwordFile: local(credential.passwordFile),
    })),
    logMaxSize: written.logMaxSize,
    logMaxFiles: written.logMaxFiles,
    liveRestore: written.liveRestore,
    images: (input.runtime?.images ?? []).map(local),
  };
}

function resolveNetwork(
  input: ClusterInput,
  hosts: readonly HostInput[],
  {
    local,
    plugins,
    nodes,
  }: { readonly local: LocalPath; readonly plugins: readonly PluginDeclaration[]; readonly nodes: number },
): NetworkSettings {
  const written = { ...standard.network, ...given(input.network) };
  const pods = splitList(written.podCIDR).map(checkedCidr);
  const services = splitList(written.serviceCIDR).map(checkedCidr);
  const podCIDRs = pods.map(formatCidr);
  const dnsIPs = dnsAddresses(input.network?.dnsIP, services);
  const apiserverServiceIPs = services.map((cidr) => nthAddress(cidr, 1n));
  const plugin = plugins.find(({ name }) => name === pluginName(input));
  if (plugin === undefined) throw new Error(`plugin ${pluginName(input)} passed the checks`);
  const { settings, needs } = plugin.resolve(input, nodes, hosts);
  const additions = chosenAdditions(plugin, input).map(({ name, resolve }) => ({ name, ...resolve(input, needs) }));
  const { uses = sharedKeys } = plugin;
  const second = uses.includes('secondInterface') ? input.network?.secondInterface : undefined;
  const others = [
    ...additions.map((addition) => addition.needs),
    ...(second === undefined ? [] : [macvlanNeeds(second, 'cluster.network.secondInterface')]),
  ];
  return {
    plugin: plugin.name,
    enforcesPolicy: enforcesPolicy(plugin, input),
    podCIDR: formatCidr(firstOf(pods)),
    podCIDRs,
    serviceCIDR: formatCidr(firstOf(services)),
    serviceCIDRs: services.map(formatCidr),
    nodeCIDRMaskSize: written.nodeCIDRMaskSize,
    nodeCIDRMaskSizeIPv6: written.nodeCIDRMaskSizeIPv6,
    nodePortRange: written.nodePortRange,
    dnsIP: firstOf(dnsIPs),
    dnsIPs,
    dnsDomain: written.dnsDomain,
    apiserverServiceIP: firstOf(apiserverServiceIPs),
    apiserverServiceIPs,
    ...pick(input.network?.mtu, 'mtu'),
    cni: { ...standard.network.cni, ...given(input.network?.cni) },
    nonMasqueradeCIDRs: (input.network?.nonMasqueradeCIDRs ?? []).filter((cidr) => !podCIDRs.includes(cidr)),
    podsReachServices: plugin.podsReachServices ?? true,
    ...pick(second, 'secondInterface'),
    settings,
    needs: others.reduce(joinNeeds, needs),
    additions: Object.fromEntries(additions.map((addition) => [addition.name, addition.settings])),
    secretFiles: Object.fromEntries(
      (plugin.secretFiles?.(input) ?? []).map((secret) => [secret.name, local(secret.written)]),
    ),
  };
}

function resolveArtifacts(input: ClusterInput, local: LocalPath): ArtifactSettings {
  const directory = input.artifacts?.directory;
  return {
    source: input.artifacts?.source ?? standard.artifacts.source,
    mirrors: input.artifacts?.mirrors ?? [],
    ...pick(directory === undefined ? undefined : local(directory), 'directory'),
  };
}

/** What is written, one address for each family, and the tenth of those service CIDRs that none is written for. */
function dnsAddresses(written: string | undefined, services: readonly Cidr[]): readonly string[] {
  const given = written === undefined ? [] : splitList(written).map(parseAddress);
  return services.map((cidr) => {
    const own = given.find(({ kind }) => kind === cidr.family);
    return own === undefined || own.kind === 'none' ? nthAddress(cidr, dnsIndex) : formatAddress(own);
  });
}

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('an empty list passed the checks');
  return first;
}

function checkedCidr(text: string): Cidr {
  const result = parseCidr(text);
  if (!('cidr' in result)) throw new Error(`CIDR ${text} passed the checks`);
  return result.cidr;
}

function pick<K extends string, V>(value: V | undefined, key: K): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function toHours(text: string): number {
  const factors: Readonly<Record<string, number>> = { h: 1, d: 24, y: 8760 };
  return Number(text.slice(0, -1)) * (factors[text.slice(-1)] ?? 1);
}

/** A version without the leading v that Kubernetes' own files have. */
export function plain(version: string): string {
  return version.replace(/^v/, '');
}

function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
