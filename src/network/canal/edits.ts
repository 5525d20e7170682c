import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import { ownBinariesAlone } from '../calico/cni-binaries.ts';
import { commonConfigEdits, commonNodeEdits } from '../calico/edits.ts';
import { felixSpec } from '../calico/felix.ts';
import { felixConfiguration } from '../calico/resources.ts';
import {
  addEnv,
  addObjects,
  edit,
  inObject,
  objectsOf,
  rewriteImages,
  setContainerField,
  setData,
  setJson,
} from '../upstream/index.ts';
import type { Manifest, ObjectEdit, Optional } from '../upstream/index.ts';
import type { CanalSettings } from './settings.ts';

const node = 'calico-node';
const netConf = 'net-conf.json';

/**
 * Upstream's objects changed as the inventory says.
 *
 * @throws K8supError `UPSTREAM_CHANGED`.
 */
export function canalObjects(manifest: Manifest, inventory: Inventory, settings: CanalSettings): readonly KubeObject[] {
  const felix = felixSpec(inventory, settings, { ipv6: false, ebpf: false, wireguard: false });
  const edited = edit(
    manifest,
    inObject(
      { kind: 'ConfigMap', name: 'canal-config', namespace: 'kube-system' },
      ...configEdits(inventory, settings),
    ),
    inObject({ kind: 'DaemonSet', name: 'canal' }, ownBinariesAlone(), ...nodeEdits(inventory, settings)),
    addObjects(felixConfiguration(felix)),
  );
  return rewriteImages(objectsOf(edited), settings.images);
}

function configEdits({ cluster }: Inventory, settings: CanalSettings): readonly Optional<ObjectEdit>[] {
  const { backend, interface: link, masquerade, mtu, port, vni } = settings;
  const vxlan = { Type: 'vxlan', VNI: vni, Port: port, ...(mtu === undefined ? {} : { MTU: mtu }) };
  return [
    ...commonConfigEdits(settings),
    setJson(netConf, ['Network'], cluster.network.podCIDR),
    setJson(netConf, ['Backend'], backend === 'vxlan' ? vxlan : { Type: 'host-gw' }),
    link !== undefined && setData('canal_iface', link),
    !masquerade && setData('masquerade', 'false'),
  ];
}

function nodeEdits({ cluster }: Inventory, settings: CanalSettings): readonly Optional<ObjectEdit>[] {
  const { healthPort, masquerade } = settings;
  return [
    // Left alone, calico-node would make a pool of 192.168.0.0/16, which is nobody's here.
    addEnv(node, 'CALICO_IPV4POOL_CIDR', cluster.network.podCIDR),
    // flannel masquerades, or nobody.
    addEnv(node, 'CALICO_IPV4POOL_NAT_OUTGOING', 'false'),
    ...commonNodeEdits(settings),
    healthPort !== 9099 && setContainerField(node, ['readinessProbe', 'httpGet', 'port'], healthPort),
    // Its flag stands in the command, and over the variable that the ConfigMap sets.
    !masquerade && setContainerField('kube-flannel', ['command'], ['/opt/bin/flanneld', '--kube-subnet-mgr']),
  ];
}
