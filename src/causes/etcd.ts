import type { KnownCause } from './known-cause.ts';

export const etcdCauses: readonly KnownCause[] = [
  {
    code: 'ETCD_OTHER_CLUSTER',
    pattern: /cluster ID mismatch/,
    cause: 'a member holds data of another etcd cluster than its peers',
    fix: 'on the host whose data is not wanted:  systemctl stop etcd && mv /var/lib/etcd /var/lib/etcd.other ; then  k8sup apply',
    source: 'https://etcd.io/docs/v3.6/op-guide/clustering/',
  },
  {
    code: 'ETCD_DATA_LOST',
    pattern: /member [0-9a-f]+ has already been bootstrapped/,
    cause: 'the data of this member is gone, while its peers know it as a member that has some',
    fix: 'on a healthy member:  etcdctl member remove ID && etcdctl member add NAME --peer-urls=URL ; start it once with --initial-cluster-state=existing; or bring its data folder back',
    source: 'https://etcd.io/docs/v3.6/op-guide/runtime-configuration/',
  },
  {
    code: 'ETCD_DATA_CORRUPT',
    pattern:
      /"failed to open database".*"error":"(invalid database|checksum error|version mismatch)"|wal: (crc mismatch|max entry size limit exceeded)/,
    cause: "etcd's data on this host is damaged",
    fix: 'keep a copy:  cp -a /var/lib/etcd /root/etcd.damaged ; then let the member join anew with empty data, or restore a snapshot (etcdutl snapshot restore)',
    source: 'https://etcd.io/docs/v3.5/op-guide/data_corruption/',
  },
  {
    code: 'ETCD_MEMBER_NAME',
    pattern: /couldn't find local name \\?".*\\?" in the initial cluster configuration/,
    cause: "the member's name is not among those of --initial-cluster",
    fix: 'take name and initial-cluster out of cluster.etcd.extraArgs:  k8sup explain etcd --host HOST  shows where each comes from',
    source: 'https://etcd.io/docs/v3.6/op-guide/clustering/',
  },
  {
    code: 'ETCD_PEER_ADDRESS',
    pattern: /--initial-cluster has .* but missing from --initial-advertise-peer-urls/,
    cause: 'the address that the member announces to its peers is not the one that --initial-cluster has for it',
    fix: 'take initial-advertise-peer-urls and initial-cluster out of cluster.etcd.extraArgs:  k8sup explain etcd --host HOST',
    source: 'https://etcd.io/docs/v3.6/op-guide/clustering/',
  },
  {
    code: 'ETCD_QUOTA',
    pattern: /etcdserver: mvcc: database space exceeded/,
    cause: "etcd's database has reached its quota and takes no more writes",
    fix: 'etcdctl compact REVISION && etcdctl defrag && etcdctl alarm disarm ; a larger quota-backend-bytes in cluster.etcd.extraArgs',
    source: 'https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota',
  },
  {
    code: 'ETCD_PEERS_DOWN',
    pattern: /"prober detected unhealthy status".*connect: (connection refused|no route to host|connection timed out)/,
    cause: 'other members of etcd do not answer, and without most of them there is no quorum',
    fix: 'on the other etcd hosts:  systemctl status etcd ; port 2380 must be open between them',
    source: 'https://etcd.io/docs/v3.6/op-guide/failures/',
    weak: true,
  },
];
