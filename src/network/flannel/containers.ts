import {
  dockerOptionsFile,
  dockerOptionsProgram,
  dockerOptionsScript,
  subnetFile,
} from '../../components/docker/flannel-options.ts';
import { certificatePlaces } from '../../components/certificate-places.ts';
import type { ComponentFile } from '../../components/component.ts';
import { etcdEndpoints } from '../../components/etcd/etcd.ts';
import type { Flags } from '../../components/extras.ts';
import { chosen, keyed } from '../../components/source.ts';
import { paths } from '../../components/paths.ts';
import type { UnitSection } from '../../components/systemd-unit.ts';
import type { Inventory } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { ContainerNetwork } from '../plugin.ts';
import { etcdNetwork, leasesScript, parseLeases } from './etcd-network.ts';
import { flannelSettings } from './settings.ts';

const clientCertificate = certificatePlaces['flannel-etcd-client'].path;
const authority = `${paths.flannelConf}/pki/etcd-ca.crt`;

/** flannel without Kubernetes, as far as it is no service of a host: leases are in etcd. */
export const flannelForContainers: ContainerNetwork = {
  certificate: { leaf: 'flannel-etcd-client', authority },
  inEtcd: etcdNetwork,
  leases: { script: leasesScript, parse: parseLeases },
};

const identity = 'where k8sup puts its identity towards etcd';

/** What differs in flanneld by where its leases are. */
export interface LeaseSource {
  readonly flags: Flags;
  readonly inputs: readonly string[];
  readonly files: readonly ComponentFile[];
  readonly after: string;
  readonly settings: UnitSection;
  /** What a restart of flanneld interrupts. */
  readonly interrupts: string;
  /** Checked after flanneld itself. */
  readonly health: Sh;
}

/** When flanneld loses its lease, it ends, and takes another one when systemd starts it again. Behind each start Docker is told of it. */
export function leasesInEtcd(inventory: Inventory): LeaseSource {
  const program = dockerOptionsProgram();
  const [certificate, key] = [`${clientCertificate}.crt`, `${clientCertificate}.key`];
  return {
    flags: {
      'etcd-endpoints': keyed(etcdEndpoints(inventory), 'hosts'),
      'etcd-prefix': keyed(flannelSettings(inventory).etcdPrefix, 'cluster.network.flannel.etcdPrefix'),
      'etcd-cafile': chosen(authority, identity),
      'etcd-certfile': chosen(certificate, identity),
      'etcd-keyfile': chosen(key, identity),
    },
    // It reads them when it connects to etcd, which it does once.
    inputs: [authority, certificate, key, program.path],
    files: [program],
    after: 'etcd.service',
    settings: {
      ExecStartPost: { prefix: '+', command: [dockerOptionsScript] },
      // It waits for etcd and for the network's configuration; k8sup's own waits have the limit.
      TimeoutStartSec: 'infinity',
    },
    interrupts:
      'containers keep running and reach each other; where the subnet of a host changes, Docker there is restarted with it',
    health: sh`(
if [ -s ${dockerOptionsFile} ] && grep -qF -- "--bip=$(sed -n 's/^FLANNEL_SUBNET=//p' ${subnetFile})\\"" ${dockerOptionsFile}; then exit 0; fi
echo 'Docker was not told the subnet that flannel leased'
exit 1
)`,
  };
}
