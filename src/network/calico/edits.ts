import type { CommonSettings } from './base-settings.ts';
import {
  addEnv,
  addJson,
  addObjects,
  addSecretData,
  edit,
  inObject,
  objectsOf,
  removeEnv,
  rewriteImages,
  setContainerField,
  setData,
  setEnv,
  setJson,
  setReplicas,
} from '../upstream/index.ts';
import type { Manifest, ManifestEdit, ObjectEdit, Optional } from '../upstream/index.ts';
import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import { ownBinariesAlone } from './cni-binaries.ts';
import { felixEnvironment, felixSpec } from './felix.ts';
import { bgpResources, felixConfiguration, ipPools, modeWords, poolEnvironment } from './resources.ts';
import type { CalicoSettings } from './settings.ts';

/** Contents of the files by which Calico gets into its etcd. */
export interface EtcdSecrets {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const node = 'calico-node';
const networkConfig = 'cni_network_config';
const plugin = ['plugins', { type: 'calico' }] as const;
const config = { kind: 'ConfigMap', name: 'calico-config', namespace: 'kube-system' } as const;

/**
 * Upstream's objects changed as the inventory says. With the Kubernetes datastore, what Calico keeps in resources is written there, so that it can be
 * changed and compared later; with etcd, which kubectl cannot write to, it goes by calico-node's environment.
 *
 * @throws K8supError `UPSTREAM_CHANGED`.
 */
export function calicoObjects(
  manifest: Manifest,
  inventory: Inventory,
  { settings, secrets }: { readonly settings: CalicoSettings; readonly secrets?: EtcdSecrets },
): readonly KubeObject[] {
  const choices = { ipv6: hasFamily(settings, 'ipv6'), ebpf: settings.ebpf, wireguard: settings.wireguard };
  const felix = felixSpec(inventory, settings, choices);
  const inEtcd = settings.etcd !== undefined;
  const edited = edit(
    manifest,
    inObject(config, ...configEdits(settings)),
    inObject(
      { kind: 'DaemonSet', name: node },
      ownBinariesAlone(),
      ...nodeEdits(settings),
      ...commonNodeEdits(settings),
      ...(inEtcd ? etcdNodeEdits(settings, felixEnvironment(felix)) : resourceNodeEdits()),
    ),
    ...typhaEdits(settings),
    secrets !== undefined && inObject({ kind: 'Secret', name: 'calico-etcd-secrets' }, ...secretEdits(secrets)),
    settings.ebpf && addObjects(apiserverAddress(inventory)),
    !inEtcd && addObjects(felixConfiguration(felix), ...ipPools(settings), ...bgpResources(settings)),
  );
  return rewriteImages(objectsOf(edited), settings.images);
}

function configEdits(settings: CalicoSettings): readonly Optional<ObjectEdit>[] {
  const { backend, etcd, pools } = settings;
  const [ipv4, ipv6] = [hasFamily(settings, 'ipv4'), hasFamily(settings, 'ipv6')];
  return [
    backend !== 'bird' && setData('calico_backend', backend),
    ...commonConfigEdits(settings),
    // Without a word Calico gives IPv4 addresses alone, and asks for one even where there is no pool of them.
    ...(ipv6 || pools.length > 1
      ? [
          addJson(networkConfig, [...plugin, 'ipam', 'assign_ipv4'], String(ipv4)),
          addJson(networkConfig, [...plugin, 'ipam', 'assign_ipv6'], String(ipv6)),
        ]
      : []),
    ...(etcd === undefined
      ? []
      : [
          setData('etcd_endpoints', etcd.endpoints.join(',')),
          setData('etcd_ca', '/calico-secrets/etcd-ca'),
          setData('etcd_cert', '/calico-secrets/etcd-cert'),
          setData('etcd_key', '/calico-secrets/etcd-key'),
        ]),
  ];
}

/** Of the ConfigMap, where Calico and Canal are the same. */
export function commonConfigEdits({
  mtu,
  logLevel,
  allowIPForwarding,
}: CommonSettings): readonly Optional<ObjectEdit>[] {
  return [
    mtu !== undefined && setData('veth_mtu', String(mtu)),
    logLevel !== 'info' && setJson(networkConfig, [...plugin, 'log_level'], logLevel),
    allowIPForwarding && addJson(networkConfig, [...plugin, 'container_settings'], { allow_ip_forwarding: true }),
  ];
}

function nodeEdits(settings: CalicoSettings): readonly Optional<ObjectEdit>[] {
  const [ipv4, ipv6] = [hasFamily(settings, 'ipv4'), hasFamily(settings, 'ipv6')];
  return [
    ipv4 && addEnv(node, 'IP_AUTODETECTION_METHOD', settings.ipv4Detection),
    !ipv4 && setEnv(node, 'IP', 'none'),
    // Without an IPv4 address there is nothing that BIRD could take its router id from.
    !ipv4 && addEnv(node, 'CALICO_ROUTER_ID', 'hash'),
    ...(ipv6
      ? [
          addEnv(node, 'IP6', 'autodetect'),
          addEnv(node, 'IP6_AUTODETECTION_METHOD', settings.ipv6Detection),
          setEnv(node, 'FELIX_IPV6SUPPORT', 'true'),
        ]
      : []),
    ...probeEdits(settings.backend === 'bird', [ipv4 ? 'bird' : '', ipv6 ? 'bird6' : '']),
  ];
}

/** The probes ask each BIRD that runs, and no other. */
function probeEdits(hasBird: boolean, birds: readonly string[]): readonly Optional<ObjectEdit>[] {
  const asked = hasBird ? birds.filter((bird) => bird !== '') : [];
  if (asked.join() === 'bird') return [];
  const command = (what: string): readonly string[] => [
    '/bin/calico-node',
    ...['felix', ...asked].map((part) => `-${part}-${what}`),
  ];
  return [
    setContainerField(node, ['livenessProbe', 'exec', 'command'], command('live')),
    setContainerField(node, ['readinessProbe', 'exec', 'command'], command('ready')),
  ];
}

/** Of the container calico-node, where Calico and Canal are the same: what upstream sets by environment is changed there, since that stands over resources. */
export function commonNodeEdits({ endpointToHost, healthPort }: CommonSettings): readonly Optional<ObjectEdit>[] {
  return [
    endpointToHost !== 'accept' && setEnv(node, 'FELIX_DEFAULTENDPOINTTOHOSTACTION', endpointToHost.toUpperCase()),
    // The probes, which are programs, take the port from here too.
    healthPort !== 9099 && addEnv(node, 'FELIX_HEALTHPORT', String(healthPort)),
  ];
}

/** The pools are k8sup's objects: calico-node must make none, and what upstream says of them would have no effect. */
function resourceNodeEdits(): readonly ObjectEdit[] {
  return [
    addEnv(node, 'NO_DEFAULT_POOLS', 'true'),
    removeEnv(node, 'CALICO_IPV4POOL_IPIP'),
    removeEnv(node, 'CALICO_IPV4POOL_VXLAN'),
    removeEnv(node, 'CALICO_IPV6POOL_VXLAN'),
  ];
}

function etcdNodeEdits(
  settings: CalicoSettings,
  felix: readonly (readonly [string, string])[],
): readonly Optional<ObjectEdit>[] {
  const { pools, ipip, vxlan, asNumber } = settings;
  return [
    // The name that policies and the CNI plugin know the node by is the kubelet's, whatever the host calls itself.
    addEnv(node, 'NODENAME', { fieldRef: { fieldPath: 'spec.nodeName' } }),
    ipip !== 'always' && setEnv(node, 'CALICO_IPV4POOL_IPIP', modeWords[ipip]),
    vxlan !== 'never' && setEnv(node, 'CALICO_IPV4POOL_VXLAN', modeWords[vxlan]),
    vxlan !== 'never' && setEnv(node, 'CALICO_IPV6POOL_VXLAN', modeWords[vxlan]),
    ...pools.flatMap((pool) => poolEnvironment(pool, settings)).map(([key, value]) => addEnv(node, key, value)),
    settings.backend === 'bird' && addEnv(node, 'AS', String(asNumber)),
    ...felix.map(([key, value]) => addEnv(node, key, value)),
  ];
}

function typhaEdits({ typhaReplicas, logLevel }: CalicoSettings): readonly Optional<ManifestEdit>[] {
  if (typhaReplicas === undefined) return [];
  return [
    inObject(
      { kind: 'Deployment', name: 'calico-typha' },
      setReplicas(typhaReplicas),
      logLevel !== 'info' && setEnv('calico-typha', 'TYPHA_LOGSEVERITYSCREEN', logLevel),
    ),
  ];
}

function secretEdits({ ca, cert, key }: EtcdSecrets): readonly ObjectEdit[] {
  return [addSecretData('etcd-ca', ca), addSecretData('etcd-cert', cert), addSecretData('etcd-key', key)];
}

/** Where calico-node finds the API server: its Service's address works only once calico-node does what kube-proxy did. */
function apiserverAddress({ cluster }: Inventory): KubeObject {
  const { host, port } = cluster.controlPlaneEndpoint;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kubernetes-services-endpoint', namespace: 'kube-system' },
    data: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(port) },
  };
}

function hasFamily({ pools }: CalicoSettings, family: 'ipv4' | 'ipv6'): boolean {
  return pools.some((pool) => pool.family === family);
}
