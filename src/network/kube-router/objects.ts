import { familyOf } from '../../inventory/cidr.ts';
import { createHash } from 'node:crypto';
import { jsonText } from '../../components/documents.ts';
import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import {
  addArg,
  addField,
  addJson,
  addMount,
  addObjects,
  addVolume,
  edit,
  inObject,
  objectsOf,
  rewriteImages,
  setArg,
  setContainerField,
  setData,
  setImage,
} from '../upstream/index.ts';
import type { Manifest, ObjectEdit, Optional } from '../upstream/index.ts';
import { advertised, own } from './settings.ts';
import type { BgpPeer, KubeRouterSettings } from './settings.ts';

export const router = 'kube-router';
export const daemonSet = { kind: 'DaemonSet', name: router, namespace: 'kube-system' } as const;
export const config = { kind: 'ConfigMap', name: 'kube-router-cfg', namespace: 'kube-system' } as const;
const installer = 'install-cni';
const cniConf = 'cni-conf.json';
const passwords = { secret: 'kube-router-peers', folder: '/etc/kube-router-peers', file: 'passwords' } as const;

/**
 * Upstream's objects changed as the inventory says.
 *
 * @param peerPasswords - one for each peer in their order, empty where it has none; undefined where none has one.
 * @throws K8supError `UPSTREAM_CHANGED`.
 */
export function kubeRouterObjects(
  manifest: Manifest,
  inventory: Inventory,
  { settings, peerPasswords }: { readonly settings: KubeRouterSettings; readonly peerPasswords?: readonly string[] },
): readonly KubeObject[] {
  const configured = edit(manifest, inObject(config, ...configEdits(inventory, settings)));
  const edited = edit(
    configured,
    inObject(
      daemonSet,
      ...imageEdits(settings, [router, installer]),
      setContainerField(installer, ['command'], ['/bin/sh', '-c', install]),
      addField(['spec', 'template', 'metadata', 'annotations'], { 'k8sup/config': hashOf(configured) }),
      ...flagEdits(inventory, settings),
      ...healthEdits(settings),
      ...(peerPasswords === undefined ? [] : passwordEdits()),
    ),
    peerPasswords !== undefined && addObjects(passwordSecret(peerPasswords)),
  );
  return rewriteImages(objectsOf(edited), settings.images);
}

/** Of a release, where upstream's file names none. */
export function imageEdits(
  { version }: { readonly version: string },
  containers: readonly string[],
): readonly ObjectEdit[] {
  return containers.flatMap((container) => [
    setImage(container, `docker.io/cloudnativelabs/kube-router:v${version}`),
    setContainerField(container, ['imagePullPolicy'], 'IfNotPresent'),
  ]);
}

/** What the API server gives Services, for the rules about them. */
export function serviceFlags({ cluster }: Inventory): readonly ObjectEdit[] {
  return [
    addArg(router, '--service-cluster-ip-range', cluster.network.serviceCIDRs.join(',')),
    addArg(router, '--service-node-port-range', cluster.network.nodePortRange),
  ];
}

/** IPv4 alone is what kube-router takes for granted. */
export function familyFlags({ cluster }: Inventory): readonly Optional<ObjectEdit>[] {
  const families = cluster.network.podCIDRs.map(familyOf);
  const [ipv4, ipv6] = [families.includes('ipv4'), families.includes('ipv6')];
  return [
    !ipv4 && addArg(router, '--enable-ipv4', 'false'),
    ipv6 && addArg(router, '--enable-ipv6', 'true'),
    // Without an IPv4 address there is nothing that it could take its id from.
    !ipv4 && addArg(router, '--router-id', 'generate'),
  ];
}

/**
 * Upstream's own script leaves files alone that are there already, so that no change would reach a node; and it installs the CNI project's plugins, which
 * are k8sup's on these hosts: the next apply would put its own back.
 */
const install = `set -e
put() { cp "$1" "$2.new"; mv "$2.new" "$2"; }
put /etc/kube-router/kubeconfig /var/lib/kube-router/kubeconfig
put /etc/kube-router/cni-conf.json /etc/cni/net.d/10-kuberouter.conflist`;

function configEdits({ cluster }: Inventory, { mtu }: KubeRouterSettings): readonly Optional<ObjectEdit>[] {
  const { host, port } = cluster.controlPlaneEndpoint;
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { 'certificate-authority': `${folder}/ca.crt`, server } }],
    users: [{ name: router, user: { tokenFile: `${folder}/token` } }],
    contexts: [{ name: router, context: { cluster: 'cluster', user: router } }],
    'current-context': router,
  };
  const plugin = (type: string, capability: string) =>
    addJson(cniConf, ['plugins', { type }], { type, capabilities: { [capability]: true } });
  return [
    setData('kubeconfig', jsonText(kubeconfig)),
    mtu !== undefined && addJson(cniConf, ['plugins', { type: 'bridge' }, 'mtu'], mtu),
    plugin('portmap', 'portMappings'),
    plugin('bandwidth', 'bandwidth'),
  ];
}

const advertiseFlags = {
  pods: '--advertise-pod-cidr',
  clusterIPs: '--advertise-cluster-ip',
  externalIPs: '--advertise-external-ip',
  loadBalancerIPs: '--advertise-loadbalancer-ip',
} as const;

/** What is as kube-router has it by itself is left to it. */
function flagEdits(inventory: Inventory, settings: KubeRouterSettings): readonly Optional<ObjectEdit>[] {
  const { firewall, serviceProxy, overlay, advertise, mtu } = settings;
  const flag = (isOther: boolean, name: string, value: string | number | boolean): Optional<ObjectEdit> =>
    isOther && addArg(router, name, String(value));
  return [
    !firewall && setArg(router, '--run-firewall', 'false'),
    !serviceProxy && setArg(router, '--run-service-proxy', 'false'),
    ...serviceFlags(inventory),
    ...familyFlags(inventory),
    overlay === 'none' ? addArg(router, '--enable-overlay', 'false') : addArg(router, '--overlay-type', overlay),
    flag(mtu !== undefined, '--auto-mtu', false),
    flag(!settings.masquerade, '--enable-pod-egress', false),
    flag(settings.hairpin, '--hairpin-mode', true),
    flag(settings.asNumber !== own.asNumber, '--cluster-asn', settings.asNumber),
    flag(!settings.nodeMesh, '--nodes-full-mesh', false),
    flag(settings.bgpPort !== own.bgpPort, '--bgp-port', settings.bgpPort),
    flag(settings.overrideNextHop, '--override-nexthop', true),
    ...advertised.map((what) => flag(advertise[what] !== own.advertise[what], advertiseFlags[what], advertise[what])),
    ...peerFlags(settings),
    flag(settings.metricsPort !== 0, '--metrics-port', settings.metricsPort),
  ];
}

/** Lists that belong together by their order. */
function peerFlags({ bgpPeers, peerHops }: KubeRouterSettings): readonly Optional<ObjectEdit>[] {
  if (bgpPeers.length === 0) return [];
  const list = (of: (peer: BgpPeer) => string | number): string => bgpPeers.map(of).join(',');
  return [
    addArg(
      router,
      '--peer-router-ips',
      list(({ address }) => address),
    ),
    addArg(
      router,
      '--peer-router-asns',
      list(({ asNumber }) => asNumber),
    ),
    bgpPeers.some(({ port }) => port !== undefined) &&
      addArg(
        router,
        '--peer-router-ports',
        list(({ port }) => port ?? own.bgpPort),
      ),
    peerHops !== own.peerHops && addArg(router, '--peer-router-multihop-ttl', String(peerHops)),
  ];
}

function healthEdits({ healthPort }: { readonly healthPort: number }): readonly ObjectEdit[] {
  if (healthPort === own.healthPort) return [];
  return [
    addArg(router, '--health-port', String(healthPort)),
    setContainerField(router, ['livenessProbe', 'httpGet', 'port'], healthPort),
  ];
}

function passwordEdits(): readonly ObjectEdit[] {
  const volume = 'peers';
  return [
    addArg(router, '--peer-router-passwords-file', `${passwords.folder}/${passwords.file}`),
    addVolume({ name: volume, secret: { secretName: passwords.secret, defaultMode: 0o400 } }),
    addMount(router, { name: volume, mountPath: passwords.folder, readOnly: true }),
  ];
}

/** kube-router reads one line: each password in base64, and nothing between the commas where a peer has none. */
function passwordSecret(list: readonly string[]): KubeObject {
  const line = list.map((password) => Buffer.from(password).toString('base64')).join(',');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: passwords.secret, namespace: 'kube-system' },
    type: 'Opaque',
    data: { [passwords.file]: Buffer.from(line).toString('base64') },
  };
}

/** In the pods' template, so that another configuration starts them anew: they read it when they start. */
function hashOf(manifest: Manifest): string {
  const found = objectsOf(manifest).find(({ kind }) => kind === 'ConfigMap');
  return createHash('sha256').update(JSON.stringify(found?.['data'])).digest('hex').slice(0, 16);
}
