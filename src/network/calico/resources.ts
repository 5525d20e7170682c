import type { KubeObject } from '../../engine/stage.ts';
import type { FelixSpec } from './felix.ts';
import type { CalicoSettings, Encapsulation, Pool } from './settings.ts';

/** Calico's resources as the Kubernetes datastore keeps them (libcalico-go/lib/backend/k8s). */
const apiVersion = 'crd.projectcalico.org/v1';

/** Calico's words for when a tunnel is used. */
export const modeWords: Readonly<Record<Encapsulation, string>> = {
  always: 'Always',
  crossSubnet: 'CrossSubnet',
  never: 'Never',
};

export function felixConfiguration(spec: FelixSpec): KubeObject {
  // Felix reports its state to etcd alone; calico-node writes this into the resource it makes where there is none.
  return {
    apiVersion,
    kind: 'FelixConfiguration',
    metadata: { name: 'default' },
    spec: { reportingInterval: '0s', ...spec },
  };
}

/** Pools of addresses, under the names that calico-node gives to those it makes by itself. */
export function ipPools({ pools, ipip, vxlan, natOutgoing }: CalicoSettings): readonly KubeObject[] {
  return pools.map(({ family, cidr, blockSize }) => ({
    apiVersion,
    kind: 'IPPool',
    metadata: { name: `default-${family}-ippool` },
    spec: {
      allowedUses: ['Workload', 'Tunnel'],
      blockSize,
      cidr,
      // There is no IP in IP for IPv6.
      ipipMode: modeWords[family === 'ipv6' ? 'never' : ipip],
      natOutgoing,
      nodeSelector: 'all()',
      vxlanMode: modeWords[vxlan],
    },
  }));
}

/** Who speaks BGP with whom; nothing where BIRD does not run. */
export function bgpResources(settings: CalicoSettings): readonly KubeObject[] {
  if (settings.backend !== 'bird') return [];
  const { asNumber, nodeMesh: nodeToNodeMeshEnabled, logLevel } = settings;
  const logSeverityScreen = `${logLevel.charAt(0).toUpperCase()}${logLevel.slice(1)}`;
  const spec = { asNumber, logSeverityScreen, nodeToNodeMeshEnabled };
  return [
    { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec },
    ...reflectorPeers(settings),
    ...settings.bgpPeers.map(({ name, address, asNumber: peerAS, nodes }) =>
      bgpPeer(name, { asNumber: peerAS, nodeSelector: nodes, peerIP: address }),
    ),
  ];
}

/** Clients with their reflectors, and all reflectors with each other. Calico peers both ways by itself. */
function reflectorPeers({ routeReflectors }: CalicoSettings): readonly KubeObject[] {
  const all = [...new Set(routeReflectors.flatMap(({ hosts }) => hosts))];
  const peers = routeReflectors.map(({ hosts, clients }, index) =>
    bgpPeer(`route-reflectors-${String(index + 1)}`, {
      nodeSelector: `(${clients}) && !(${nodesNamed(all)})`,
      peerSelector: nodesNamed(hosts),
    }),
  );
  if (all.length < 2) return peers;
  const between = { nodeSelector: nodesNamed(all), peerSelector: nodesNamed(all) };
  return [...peers, bgpPeer('between-route-reflectors', between)];
}

function bgpPeer(name: string, spec: object): KubeObject {
  return { apiVersion, kind: 'BGPPeer', metadata: { name }, spec };
}

/** Nodes bear the name of their host in this label, which the kubelet gives them. */
function nodesNamed(hosts: readonly string[]): string {
  return `kubernetes.io/hostname in {${hosts.map((host) => JSON.stringify(host)).join(', ')}}`;
}

/** What calico-node reads from annotations of its node (libcalico-go/lib/backend/k8s/resources/node.go). */
export function nodeAnnotations({
  hostASNumbers,
  routeReflectors,
}: CalicoSettings): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const annotated: Record<string, Record<string, string>> = {};
  for (const [host, number] of Object.entries(hostASNumbers))
    annotated[host] = { ...annotated[host], 'projectcalico.org/ASNumber': String(number) };
  for (const { hosts, clusterID } of routeReflectors)
    for (const host of hosts)
      annotated[host] = { ...annotated[host], 'projectcalico.org/RouteReflectorClusterID': clusterID };
  return annotated;
}

/** The variables by which calico-node makes its pools, for a datastore that kubectl cannot write to. */
export function poolEnvironment(pool: Pool, settings: CalicoSettings): readonly (readonly [string, string])[] {
  const prefix = `CALICO_${pool.family === 'ipv4' ? 'IPV4' : 'IPV6'}POOL`;
  return [
    [`${prefix}_CIDR`, pool.cidr],
    [`${prefix}_BLOCK_SIZE`, String(pool.blockSize)],
    [`${prefix}_NAT_OUTGOING`, String(settings.natOutgoing)],
  ];
}
