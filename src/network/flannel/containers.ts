import type { Component } from '../../components/component.ts';
import { dockerOptionsFile, dockerOptionsProgram, dockerOptionsScript, subnetFile } from '../../components/docker/flannel-options.ts';
import { etcdEndpoints } from '../../components/etcd/etcd.ts';
import { commandLine } from '../../components/extras.ts';
import { binaries, paths } from '../../components/paths.ts';
import { serviceText } from '../../components/service.ts';
import { sh } from '../../shell/sh.ts';
import type { ContainerNetwork, ContainerTarget } from '../plugin.ts';
import { etcdNetwork, leasesScript, parseLeases } from './etcd-network.ts';
import { flannelClaims, flannelHealth, interfaceFlags, staleLinks, unit } from './flanneld.ts';
import { netConf, netConfPath } from './net-conf.ts';
import { flannelSettings } from './settings.ts';

const pki = `${paths.flannelConf}/pki`;

/** Where flanneld's certificate for etcd lies, without `.crt` and `.key`, and etcd's authority beside it. */
export const flannelEtcdCertificate = `${pki}/etcd-client`;
export const flannelEtcdAuthority = `${pki}/etcd-ca.crt`;

/** flannel without Kubernetes: leases are in etcd, and Docker is told of them. */
export const flannelForContainers: ContainerNetwork = {
  programs: (inventory) => [
    {
      component: 'flannel',
      version: flannelSettings(inventory).version,
      files: ['flanneld'],
      directory: paths.bin,
    },
  ],
  certificate: { leaf: 'flannel-etcd-client', path: flannelEtcdCertificate, authority: flannelEtcdAuthority },
  inEtcd: etcdNetwork,
  component: flanneld,
  claims: flannelClaims,
  leases: { script: leasesScript, parse: parseLeases },
};

/** Becomes active when it has its lease. When it loses that, it ends, and takes another one when systemd starts it again. */
function flanneld({ inventory, host }: ContainerTarget): Component {
  const settings = flannelSettings(inventory);
  const program = dockerOptionsProgram();
  // flanneld reads the configuration from etcd when it starts: the copy beside it makes it start again when that changes.
  const config = netConf(inventory);
  const certificate = [`${flannelEtcdCertificate}.crt`, `${flannelEtcdCertificate}.key`] as const;
  const inputs = [binaries.flanneld, netConfPath, flannelEtcdAuthority, ...certificate, program.path];
  const flags = {
    'etcd-endpoints': etcdEndpoints(inventory),
    'etcd-prefix': settings.etcdPrefix,
    'etcd-cafile': flannelEtcdAuthority,
    'etcd-certfile': certificate[0],
    'etcd-keyfile': certificate[1],
    ...interfaceFlags(inventory, host),
  };
  return {
    unit,
    text: serviceText({
      unit,
      description: 'flannel network of containers',
      after: ['etcd.service'],
      command: commandLine(binaries.flanneld, flags),
      inputs,
      before: [staleLinks(inventory)],
      type: 'notify',
      settings: {
        ExecStartPost: { prefix: '+', command: [dockerOptionsScript] },
        // It waits for etcd and for the network's configuration; k8sup's own waits have the limit.
        TimeoutStartSec: 'infinity',
        LimitNOFILE: 65536,
        OOMScoreAdjust: -500,
      },
    }),
    files: [config, program],
    directories: [],
    inputs,
    health: health(),
    healthTimeoutSeconds: 120,
  };
}

function health() {
  return sh`${flannelHealth} && (
if [ -s ${dockerOptionsFile} ] && grep -qF -- "--bip=$(sed -n 's/^FLANNEL_SUBNET=//p' ${subnetFile})" ${dockerOptionsFile}; then exit 0; fi
echo 'Docker was not told the subnet that flannel leased'
exit 1
)`;
}

