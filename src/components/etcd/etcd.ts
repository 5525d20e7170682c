import { hostsWith } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { urlHost } from '../../inventory/urls.ts';
import { localEndpoint } from './etcdctl.ts';
import type { MakeComponent } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import type { Flags } from '../extras.ts';
import { chosen, forRelease, keyed } from '../source.ts';
import { binaries, etcdPki, paths } from '../paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import type { UnitCommand } from '../systemd-unit.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'etcd.service';

/** Says that this host's member has served before. Outside its data directory, which may be a disk of its own that is not there at a boot. */
const startedMark = `${paths.state}/etcd-started`;

/** etcd's programs; etcdutl is new in 3.5. */
export function etcdPrograms(version: string): readonly string[] {
  return isAtLeast(version, 3, 5) ? ['etcd', 'etcdctl', 'etcdutl'] : ['etcd', 'etcdctl'];
}

/** What a member leaves on a host by running, beside its data. */
export const etcdClaims: readonly Claim[] = [{ kind: 'path', name: startedMark }];

/** Metrics and `/health` are plain HTTP, on the host itself only. */
const etcdMetricsUrl = `http://127.0.0.1:${fixedPorts.etcdMetrics}`;

/**
 * One member of etcd: client certificates required on both sides, no plaintext listener but metrics. It becomes active when the members
 * have a quorum, so it must be started with `--no-block`. Leaf certificates are read at each handshake; only the CA is an input.
 */
export const etcd: MakeComponent = (inventory, host) => {
  const { dataDir, clientPort } = inventory.cluster.etcd;
  const inputs = [binaries.etcd, etcdPki.ca];
  const flags = withExtraArgs(
    { ...addressFlags(inventory, host), ...tlsFlags, ...storeFlags(inventory), ...apiFlags(inventory) },
    host,
    'etcd',
  );
  const data = flags['data-dir']?.value ?? dataDir;
  return {
    unit,
    text: serviceText({
      unit,
      description: 'etcd, key-value store of Kubernetes',
      mounts: [data],
      command: commandLine(binaries.etcd, flags),
      inputs,
      before: [refuseEmptyData(data)],
      type: 'notify',
      // The first members of a cluster wait for each other; k8sup's own waits have the limit.
      settings: {
        // Runs when the member is ready, so when it has a quorum.
        ExecStartPost: { prefix: '-', command: ['/bin/sh', '-c', `: >> ${startedMark}`] },
        TimeoutStartSec: 'infinity',
        LimitNOFILE: 65536,
        OOMScoreAdjust: -900,
      },
    }),
    files: [],
    directories: [{ path: data, mode: 0o700 }],
    inputs,
    interrupts: interruption(hostsWith(inventory, 'etcd').length),
    explanation: { flags, files: [] },
    health: etcdHealth(clientPort),
    healthTimeoutSeconds: 120,
  };
};

function interruption(members: number): string {
  if (members >= 3)
    return 'one member at a time: the others keep the quorum, and a leader that goes is replaced within a second or two';
  return members === 2
    ? 'while either of two members is away there is no quorum: the apiserver reads and writes nothing for some seconds; pods keep running'
    : 'the only member: the apiserver reads and writes nothing for some seconds; pods keep running';
}

/** A member that has lost its data would found a new cluster, or vote as a stranger, instead of waiting for a person. */
function refuseEmptyData(data: string): UnitCommand {
  const said = `"$1 holds no data, and etcd has run on this host before: is its disk mounted? If the data is lost, restore a snapshot into $1 (etcdutl snapshot restore), or remove $2 to begin empty"`;
  const script = `[ -d "$1/member" ] || [ ! -e "$2" ] || { echo ${said} >&2; exit 1; }`;
  return { command: ['/bin/sh', '-c', script, 'sh', data, startedMark] };
}

/** `https://A:2379,…` of all members, in the order of the inventory. */
export function etcdEndpoints(inventory: Inventory): string {
  return hostsWith(inventory, 'etcd')
    .map((member) => `https://${urlHost(member.address)}:${inventory.cluster.etcd.clientPort}`)
    .join(',');
}

/** Asks the local member for a linearizable read, which needs a leader and a quorum. */
function etcdHealth(clientPort: number): Sh {
  return sh`(
if k8sup_out=$(${binaries.etcdctl} --endpoints ${localEndpoint(clientPort)} --cacert ${etcdPki.ca} --cert ${etcdPki.healthCert} --key ${etcdPki.healthKey} --dial-timeout 2s --command-timeout 5s endpoint health 2>&1); then
  case $k8sup_out in *'is healthy'*) exit 0 ;; esac
fi
printf '%s\\n' "$k8sup_out"
exit 1
)`;
}

/** The v2 API, in etcd 3.4 and 3.5 alone, for those who know no other. */
function apiFlags({ cluster }: Inventory): Flags {
  return cluster.network.needs.etcdV2 === true ? { 'enable-v2': keyed('true', 'cluster.network.flannel') } : {};
}

function addressFlags(inventory: Inventory, host: Host): Flags {
  const { clientPort, peerPort, dataDir } = inventory.cluster.etcd;
  const client = `https://${urlHost(host.address)}:${clientPort}`;
  const peer = (member: Host): string => `https://${urlHost(member.address)}:${peerPort}`;
  return {
    name: keyed(host.name, 'hosts[].name'),
    'data-dir': keyed(dataDir, 'cluster.etcd.dataDir'),
    'listen-client-urls': keyed(`${client},https://127.0.0.1:${clientPort}`, 'hosts[].address'),
    'advertise-client-urls': keyed(client, 'hosts[].address'),
    'listen-peer-urls': keyed(peer(host), 'hosts[].address'),
    'initial-advertise-peer-urls': keyed(peer(host), 'hosts[].address'),
    'initial-cluster': keyed(
      hostsWith(inventory, 'etcd')
        .map((member) => `${member.name}=${peer(member)}`)
        .join(','),
      'hosts',
    ),
    'initial-cluster-token': keyed(inventory.cluster.name, 'cluster.name'),
    'initial-cluster-state': chosen(
      'new',
      'members are only joined to a cluster that begins; one that runs ignores it',
    ),
    'listen-metrics-urls': chosen(etcdMetricsUrl, 'metrics and health are plain HTTP, on the host itself alone'),
  };
}

const ownCertificate = 'where k8sup puts the certificates of this member';
const authenticated = 'nobody talks to etcd without a certificate of its authority';
const tlsFlags: Flags = {
  'cert-file': chosen(etcdPki.serverCert, ownCertificate),
  'key-file': chosen(etcdPki.serverKey, ownCertificate),
  'trusted-ca-file': chosen(etcdPki.ca, ownCertificate),
  'client-cert-auth': chosen('true', authenticated),
  'peer-cert-file': chosen(etcdPki.peerCert, ownCertificate),
  'peer-key-file': chosen(etcdPki.peerKey, ownCertificate),
  'peer-trusted-ca-file': chosen(etcdPki.ca, ownCertificate),
  'peer-client-cert-auth': chosen('true', authenticated),
  'peer-cert-allowed-cn': chosen(
    'etcd-peer',
    "other certificates of the same authority (clients', and servers' that are clients too) must not pass for a member",
  ),
};

/**
 * The corruption check before a member serves is what etcd's own operations guide asks for. Progress notifications tell apiservers how fresh their
 * caches are. Both flags moved in 3.6; the second is new in 3.5.
 */
function storeFlags(inventory: Inventory): Flags {
  const { etcd: version } = inventory.cluster.versions;
  const compaction = 'history older than a working day is of no use to Kubernetes, and fills the disk';
  const check = 'the check for corruption before a member serves is what the operations guide of etcd asks for';
  const progress = 'apiservers learn how fresh their caches are';
  return {
    'auto-compaction-mode': chosen('periodic', compaction),
    'auto-compaction-retention': chosen('8h', compaction),
    'quota-backend-bytes': chosen(
      String(8 * 1024 ** 3),
      'the most that etcd suggests; its own 2 GiB stop a big cluster',
    ),
    ...(isAtLeast(version, 3, 6)
      ? {
          'feature-gates': forRelease('InitialCorruptCheck=true', `${check}; a feature gate from etcd 3.6`),
          'watch-progress-notify-interval': forRelease('5s', `${progress}; so named from etcd 3.6`),
        }
      : { 'experimental-initial-corrupt-check': forRelease('true', `${check}; so named up to etcd 3.5`) }),
    ...(isAtLeast(version, 3, 5) && !isAtLeast(version, 3, 6)
      ? { 'experimental-watch-progress-notify-interval': forRelease('5s', `${progress}; so named in etcd 3.5`) }
      : {}),
  };
}
