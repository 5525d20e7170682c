import { jsonText } from '../../components/documents.ts';
import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import {
  addObjects,
  edit,
  inObject,
  objectsOf,
  removeMount,
  removeObject,
  removeVolume,
  rewriteImages,
  setField,
  setImage,
} from '../upstream/index.ts';
import type { Manifest } from '../upstream/index.ts';
import type { MacvlanNetwork, MultusSettings } from './settings.ts';

const daemonSet = { kind: 'DaemonSet', name: 'kube-multus-ds', namespace: 'kube-system' } as const;
const container = 'kube-multus';
const standardRoot = '/var/lib/kubelet';

/**
 * Upstream's objects changed as the inventory says, with a NetworkAttachmentDefinition for each network. Multus takes over the configuration that sorts first
 * in /etc/cni/net.d, which is that of the cluster's network, and wraps it in one that sorts before.
 *
 * @throws K8supError `UPSTREAM_CHANGED`.
 */
export function multusObjects(
  manifest: Manifest,
  { cluster }: Inventory,
  { version, mode, networks, images }: MultusSettings,
): readonly KubeObject[] {
  const image = `ghcr.io/k8snetworkplumbingwg/multus-cni:v${version}${mode === 'thick' ? '-thick' : ''}`;
  const { rootDir } = cluster.kubelet;
  const volume = ['spec', 'template', 'spec', 'volumes', { name: 'host-var-lib-kubelet' }, 'hostPath', 'path'] as const;
  const edited = edit(
    manifest,
    inObject(
      daemonSet,
      setImage(container, image),
      setImage('install-multus-binary', image),
      mode === 'thick' && rootDir !== standardRoot && setField(volume, rootDir),
      // A configuration to be edited by hand, which nothing reads where it is made by itself.
      ...(mode === 'thin' ? [removeMount(container, '/tmp/multus-conf'), removeVolume('multus-cfg')] : []),
    ),
    mode === 'thin' && removeObject({ kind: 'ConfigMap', name: 'multus-cni-config', namespace: 'kube-system' }),
    addObjects(...networks.map(attachment)),
  );
  return rewriteImages(objectsOf(edited), images);
}

/** Its configuration is a text, which is read when a pod asks for the network. */
function attachment(network: MacvlanNetwork): KubeObject {
  const { name, namespace, master, mode, mtu } = network;
  const config = {
    // The newest that Multus' own files speak.
    cniVersion: '0.3.1',
    name,
    type: 'macvlan',
    master,
    mode,
    ...(mtu === undefined ? {} : { mtu }),
    ...ipamOf(network),
  };
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace },
    spec: { config: jsonText(config) },
  };
}

function ipamOf({ ipam, subnet, rangeStart, rangeEnd, gateway }: MacvlanNetwork): object {
  if (ipam === 'none') return {};
  if (ipam === 'static') return { capabilities: { ips: true }, ipam: { type: 'static' } };
  const range = { subnet, rangeStart, rangeEnd, gateway };
  return { ipam: { type: 'host-local', ranges: [[range]] } };
}
