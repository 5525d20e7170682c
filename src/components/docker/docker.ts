import type { Facts } from '../../host/facts/model.ts';
import { familyOf } from '../../inventory/cidr.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Claim } from '../../resources/claims.ts';
import type { Component } from '../component.ts';
import { jsonText } from '../documents.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import { binaries, paths, sockets } from '../paths.ts';
import { proxyEnvironmentFile } from '../proxy-environment.ts';
import { chosen } from '../source.ts';
import { serviceText } from '../service.ts';
import type { UnitCommand } from '../systemd-unit.ts';
import { daemonConfig, dropsRoutedPackets } from './daemon-json.ts';
import { dockerOptionsFile, subnetFile } from './flannel-options.ts';

const unit = 'docker.service';

/** Docker's static archive: all that dockerd starts comes with it. */
export const dockerPrograms: readonly string[] = [
  'dockerd',
  'docker',
  'docker-init',
  'docker-proxy',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
];

/** What Docker leaves on a host by running; the bundled containerd makes /opt/containerd whatever Docker tells it. */
export function dockerClaims(inventory: Inventory): readonly Claim[] {
  return [
    { kind: 'runtime', name: 'docker' },
    { kind: 'tree', name: inventory.cluster.runtime.dataRoot },
    { kind: 'link', name: 'docker0' },
    { kind: 'chains', name: 'DOCKER' },
    { kind: 'chains', name: 'K8SUP-' },
    { kind: 'policy', name: 'FORWARD' },
    // Docker 27 sets it too, whatever families its networks have; 28 and newer where they switch IPv6 forwarding on (moby/moby#48594).
    { kind: 'policy6', name: 'FORWARD' },
    ...[
      '/run/containerd',
      '/run/docker',
      '/run/docker.sock',
      '/run/docker.pid',
      '/opt/containerd',
      '/etc/docker/key.json',
    ].map((name): Claim => ({ kind: 'path', name })),
  ];
}

/** dockerd with the containerd and runc of its own release, which it starts itself. */
export function docker(inventory: Inventory, host: Host, facts: Facts): Component {
  const { config, fields } = daemonConfig(inventory, host, facts);
  const path = `${paths.dockerConf}/daemon.json`;
  const proxy = proxyEnvironmentFile(inventory, `${paths.dockerConf}/proxy.env`);
  const fed = !hasKubernetes(inventory);
  const environment = [...(proxy === undefined ? [] : [proxy.path]), ...(fed ? [dockerOptionsFile] : [])];
  const inputs = [binaries.dockerd, path, ...environment];
  const flags = withExtraArgs({ 'config-file': chosen(path, 'where k8sup writes its configuration') }, host, 'docker');
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Docker container runtime',
      ...(fed ? { after: ['flanneld.service'], variables: ['DOCKER_OPTS'] } : {}),
      mounts: [inventory.cluster.runtime.dataRoot],
      command: commandLine(binaries.dockerd, flags),
      inputs,
      type: 'notify',
      settings: {
        Environment: { variable: 'PATH', value: `${paths.docker}:${systemPath}` },
        ...(environment.length === 0 ? {} : { EnvironmentFile: environment }),
        ExecStartPost: [
          ...(config['iptables'] === false
            ? []
            : inventory.cluster.network.podCIDRs.map((podCIDR) => forwardRules(inventory, podCIDR))),
          ...(fed ? [bridgeMtu] : []),
        ],
        TimeoutStartSec: 180,
        Delegate: true,
        KillMode: 'process',
        LimitNOFILE: 1048576,
        LimitNPROC: 'infinity',
        LimitCORE: 'infinity',
        TasksMax: 'infinity',
        OOMScoreAdjust: -500,
      },
    }),
    files: [{ path, mode: 0o644, content: jsonText(config) }, ...(proxy === undefined ? [] : [proxy])],
    directories: [{ path: inventory.cluster.runtime.dataRoot, mode: 0o710 }],
    inputs,
    interrupts:
      config['live-restore'] === true
        ? 'containers keep running (live-restore); none starts or stops for some seconds, and docker exec breaks off'
        : 'every container of these hosts stops, and starts again with Docker',
    explanation: { flags, files: [{ path, fields }] },
    health: dockerHealth,
    healthTimeoutSeconds: 90,
  };
}

/** docker-proxy, docker-init, containerd and runc are found by PATH, iptables in the distribution's folders. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Lets pods through the FORWARD chain, whose policy Docker sets to DROP; at its end, behind kube-proxy's rules, so that they only answer to the
 * policy. In a chain of k8sup's own, so that clean knows them. Where the pods are Docker's own containers, Docker 28 and newer drop what comes routed before
 * that end, so that the chain for the user's own rules is the place.
 */
function forwardRules(inventory: Inventory, podCIDR: string): UnitCommand {
  const iptables = `${familyOf(podCIDR) === 'ipv6' ? 'ip6tables' : 'iptables'} -w`;
  const early = !hasKubernetes(inventory) && dropsRoutedPackets(inventory.cluster.versions.docker);
  const jump = `${early ? 'DOCKER-USER' : 'FORWARD'} -m comment --comment "k8sup pod network" -j K8SUP-DOCKER`;
  const matches = early ? [`-s ${podCIDR} -d ${podCIDR}`] : [`-s ${podCIDR}`, `-d ${podCIDR}`];
  const script = [
    `${iptables} -N K8SUP-DOCKER 2>/dev/null || ${iptables} -F K8SUP-DOCKER`,
    ...matches.map((match) => `${iptables} -A K8SUP-DOCKER ${match} -j ACCEPT`),
    `${iptables} -C ${jump} 2>/dev/null || ${iptables} ${early ? '-I' : '-A'} ${jump}`,
  ];
  return { prefix: '+', command: ['/bin/sh', '-e', '-c', script.join('; ')] };
}

/** Docker tells the MTU to containers alone; docker0 itself would have it only while one runs. */
const bridgeMtu: UnitCommand = {
  prefix: '+',
  command: ['/bin/sh', '-e', '-c', `. ${subnetFile}; ip link set dev docker0 mtu "$FLANNEL_MTU"`],
};

const dockerHealth: Sh = sh`(
if k8sup_out=$(timeout 10 ${binaries.docker} --host ${`unix://${sockets.docker}`} version --format '{{.Server.Version}}' 2>&1); then exit 0; fi
printf '%s\\n' "$k8sup_out"
exit 1
)`;
