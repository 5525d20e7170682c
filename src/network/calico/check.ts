import { hasHostBits, networkOf, overlaps, parseAddress, parseCidr, sizeOf, splitList } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { runsKubelet } from '../../inventory/model.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { checkFelix } from './check-felix.ts';
import { encapsulation, name, podCIDR, schema } from './settings.ts';
import type { CalicoInput } from './settings.ts';

type Path = readonly (string | number)[];
type At = (...keys: readonly (string | number)[]) => Path;

const at: At = (...keys) => ['cluster', 'network', name, ...keys];

/** What no schema can say of Calico's settings. */
export function checkCalico(draft: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, draft.cluster);
  checkTunnels(draft, written, report);
  checkPool(draft, written, report);
  checkHosts(draft, written, report);
  checkRoutes(written, report);
  checkDatastore(draft, written, report);
  checkFelix(written, at, report);
  if (written.ebpf === true && draft.cluster.kubeProxy !== undefined) {
    const message = 'with network.calico.ebpf there is no kube-proxy: its settings have no effect';
    report({
      code: 'SETTING_WITHOUT_EFFECT',
      severity: 'warning',
      path: ['cluster', 'kubeProxy'],
      atKey: true,
      message,
    });
  }
}

function checkTunnels(draft: Draft, written: CalicoInput, report: Report): void {
  const { ipip, vxlan } = encapsulation(written, written.poolCIDR ?? podCIDR(draft.cluster));
  const backend = written.backend ?? 'bird';
  if (ipip !== 'never' && vxlan !== 'never') {
    const message = `ipip is ${ipip} and vxlan is ${vxlan}: a pool has one tunnel`;
    report({
      code: 'CALICO_TWO_TUNNELS',
      path: at('ipip'),
      basedOn: [at('vxlan')],
      message,
      fix: 'set one of them to never',
    });
  }
  if (ipip !== 'never' && splitList(written.poolCIDR ?? podCIDR(draft.cluster)).every((cidr) => cidr.includes(':'))) {
    const message = 'there is no IP in IP for IPv6, and the pods have no other addresses';
    report({
      code: 'CALICO_IPIP_NEEDS_IPV4',
      path: at('ipip'),
      message,
      fix: 'choose vxlan, or ipip: never for plain routes',
    });
  }
  if (backend !== 'bird' && ipip !== 'never') {
    const message = `with backend ${backend} nothing makes routes through IP in IP tunnels: that is BIRD's work`;
    report({ code: 'CALICO_IPIP_NEEDS_BIRD', path: at('ipip'), message, fix: 'choose vxlan, or backend: bird' });
  }
  if (backend === 'vxlan' && vxlan === 'never') {
    const message = 'with backend vxlan and no vxlan nothing makes routes to other nodes';
    report({
      code: 'CALICO_NO_ROUTES',
      path: at('vxlan'),
      message,
      fix: 'use always or crossSubnet, or backend: bird',
    });
  }
  if (backend === 'none' && vxlan !== 'never') {
    const message = 'backend none leaves all routes to you: Calico makes no tunnel then';
    report({ code: 'CALICO_BACKEND_NONE', path: at('vxlan'), message, fix: 'use backend: vxlan' });
  }
}

/** Pods get addresses of the pool, and everything else in the cluster takes those of podCIDR for pods'. */
function checkPool(draft: Draft, { poolCIDR, blockSize, blockSizeIPv6 }: CalicoInput, report: Report): void {
  const path = at('poolCIDR');
  const basedOn = [['cluster', 'network', 'podCIDR']];
  const pods = splitList(podCIDR(draft.cluster));
  for (const pool of splitList(poolCIDR ?? podCIDR(draft.cluster))) {
    const isIPv6 = pool.includes(':');
    const [block, size] = isIPv6
      ? (['blockSizeIPv6', blockSizeIPv6 ?? 122] as const)
      : (['blockSize', blockSize ?? 26] as const);
    const [own, around] = [parseCidr(pool), pods.map(parseCidr)];
    if ('cidr' in own && own.cidr.prefix > size) {
      const message = `the pool ${pool} is smaller than one block (/${String(size)})`;
      report({
        code: 'CALICO_BLOCK_TOO_LARGE',
        path: at(block),
        basedOn: [path, ...basedOn],
        message,
        fix: `use ${String(own.cidr.prefix)} or more`,
      });
    }
    if (poolCIDR === undefined) continue;
    if (!('cidr' in own) || hasHostBits(own.cidr)) {
      const message = `${JSON.stringify(pool)} is no block of addresses`;
      report({ code: 'CIDR_INVALID', path, message, fix: 'write a part of podCIDR, for example "10.244.0.0/17"' });
    } else if (!around.some((one) => 'cidr' in one && isInside(own.cidr, one.cidr))) {
      const message = `the pool ${pool} is outside of the pod CIDR ${pods.join(',')}: kube-proxy and network policies would take its pods for strangers`;
      report({ code: 'CALICO_POOL_OUTSIDE', path, basedOn, message, fix: 'choose a part of podCIDR, or leave it out' });
    }
  }
}

type Block = Parameters<typeof overlaps>[0];

function isInside(inner: Block, outer: Block): boolean {
  return overlaps(inner, outer) && sizeOf(inner) <= sizeOf(outer) && networkOf(inner) >= networkOf(outer);
}

function checkHosts(draft: Draft, written: CalicoInput, report: Report): void {
  const nodes = draft.hosts.flatMap(({ host }) =>
    runsKubelet({ roles: rolesOf(host, draft.onlyHost) }) ? [host.name] : [],
  );
  const fix = `name hosts that run pods: ${nodes.join(', ')}`;
  const seen = new Set<string>();
  for (const [index, { hosts, clusterID }] of (written.routeReflectors ?? []).entries()) {
    if (parseAddress(clusterID).kind !== 'ipv4') {
      const message = `${clusterID} is not in the form of an IPv4 address`;
      report({ code: 'CLUSTER_ID_INVALID', path: at('routeReflectors', index, 'clusterID'), message });
    }
    for (const [place, host] of hosts.entries()) {
      const path = at('routeReflectors', index, 'hosts', place);
      if (!nodes.includes(host)) {
        const message = `the route reflector ${JSON.stringify(host)} is no node of this cluster`;
        report({ code: 'ROUTE_REFLECTOR_NO_NODE', path, message, fix });
      } else if (seen.has(host)) {
        const message = `${host} is a route reflector twice: it has one cluster id`;
        report({ code: 'ROUTE_REFLECTOR_TWICE', path, message, fix: 'name it once' });
      }
      seen.add(host);
    }
  }
  for (const host of Object.keys(written.hostASNumbers ?? {})) {
    if (nodes.includes(host)) continue;
    const message = `${JSON.stringify(host)} is no node of this cluster`;
    report({ code: 'CALICO_HOST_UNKNOWN', path: at('hostASNumbers', host), atKey: true, message, fix });
  }
}

const bgpKeys = ['nodeMesh', 'asNumber', 'hostASNumbers', 'routeReflectors', 'bgpPeers'] as const;

function checkRoutes(written: CalicoInput, report: Report): void {
  const { backend = 'bird', nodeMesh, routeReflectors = [], bgpPeers = [] } = written;
  if (backend !== 'bird') {
    for (const key of bgpKeys.filter((one) => written[one] !== undefined)) {
      const message = `this is a setting of BGP: with backend ${backend} it has no effect`;
      report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), atKey: true, message });
    }
    return;
  }
  if (nodeMesh === false && routeReflectors.length === 0 && bgpPeers.length === 0) {
    const message = 'without the mesh, route reflectors and peers no node learns routes to the pods of others';
    report({ code: 'CALICO_NO_ROUTES', path: at('nodeMesh'), message, fix: 'name routeReflectors or bgpPeers' });
  }
  const names = bgpPeers.map((peer) => peer.name);
  for (const [index, peer] of names.entries()) {
    const isOwn = /^(route-reflectors-\d+|between-route-reflectors)$/.test(peer);
    if (names.indexOf(peer) === index && !isOwn) continue;
    const message = `${peer} is the name of another BGPPeer`;
    report({ code: 'BGP_PEER_NAME_TAKEN', path: at('bgpPeers', index, 'name'), message, fix: 'use another name' });
  }
}

/** kubectl cannot write to Calico's etcd: what has no variable of calico-node's is not to be had there. */
function checkDatastore(draft: Draft, written: CalicoInput, report: Report): void {
  const { datastore, etcd } = written;
  if (datastore !== 'etcd') {
    if (etcd === undefined) return;
    const message = 'this is of datastore: etcd; the datastore is kubernetes';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at('etcd'), atKey: true, message });
    return;
  }
  if (etcd === undefined) {
    const message = 'the datastore etcd needs endpoints and certificates';
    report({ code: 'CALICO_ETCD_MISSING', path: at('datastore'), message, fix: 'add network.calico.etcd' });
  }
  for (const key of ['nodeMesh', 'hostASNumbers', 'routeReflectors', 'bgpPeers', 'typha'] as const) {
    if (written[key] === undefined) continue;
    const message = `${key} is not to be had with datastore etcd: k8sup writes Calico's resources through the Kubernetes API alone`;
    report({
      code: 'CALICO_NEEDS_KUBERNETES_DATASTORE',
      path: at(key),
      atKey: true,
      message,
      fix: 'use datastore: kubernetes, or calicoctl',
    });
  }
  for (const [index, endpoint] of (etcd?.endpoints ?? []).entries()) {
    if (!isOwnEtcd(draft, endpoint)) continue;
    const message = `${endpoint} is the API server's own etcd: whoever gets into it reads every Secret and can write any object`;
    const fix = 'use an etcd of its own, whose user for Calico has a role for the prefix /calico/ alone';
    report({ code: 'CALICO_ETCD_IS_APISERVERS', path: at('etcd', 'endpoints', index), message, fix });
  }
}

function isOwnEtcd({ cluster, hosts, onlyHost }: Draft, endpoint: string): boolean {
  const [, host = '', port = '2379'] = /^https:\/\/(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(endpoint) ?? [];
  const name = host.replace(/^\[|\]$/g, '');
  return (
    Number(port) === (cluster.etcd?.clientPort ?? standard.etcd.clientPort) &&
    hosts.some(
      (one) =>
        rolesOf(one.host, onlyHost).has('etcd') && [one.host.name, ...one.host.address.split(',')].includes(name),
    )
  );
}
