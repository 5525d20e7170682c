import type { ContainerStatus } from '../../engine/events.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { dockerOptionsFile, subnetFile } from '../../components/docker/flannel-options.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { hasKubernetes, hostsWith } from '../../inventory/model.ts';
import type { Host } from '../../inventory/model.ts';
import { containerNetworkOf } from '../../network/network.ts';
import type { Lease } from '../../network/plugin.ts';
import { sh } from '../../shell/sh.ts';
import { whyUnreachable } from '../session.ts';

/** Each container host's lease in etcd, and what flanneld and docker0 make of it; none where there is Kubernetes. */
export async function readContainers(context: RunContext): Promise<readonly ContainerStatus[]> {
  if (hasKubernetes(context.inventory)) return [];
  const leases = await readLeases(context);
  return Promise.all(hostsWith(context.inventory, 'container').map((host) => lookAt(context, host, leases)));
}

/** Undefined where no member tells. */
async function readLeases(context: RunContext): Promise<readonly Lease[] | undefined> {
  const { leases } = containerNetworkOf(context.inventory);
  for (const member of hostsWith(context.inventory, 'etcd')) {
    try {
      const { signal } = context;
      const script = leases.script(context.inventory).sh;
      const { exitCode, stdout } = await context.executor(member).read(script, { signal, timeoutMs: 30_000 });
      if (exitCode === 0) return leases.parse(stdout);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof K8supError)) throw error;
    }
  }
  return undefined;
}

const look = sh`if [ -s ${subnetFile} ]; then sed -n 's/^FLANNEL_\\(SUBNET\\|MTU\\)=/\\1 /p' ${subnetFile}; fi
if [ -d /sys/class/net/docker0 ]; then
ip -o -4 addr show dev docker0 | awk '{ print "ADDRESS " $4 }'
echo "BRIDGE_MTU $(cat /sys/class/net/docker0/mtu)"
fi
if [ -e ${dockerOptionsFile} ]; then sed -n 's/^DOCKER_OPT_BIP="--bip=\\(.*\\)"$/TOLD \\1/p' ${dockerOptionsFile}; fi`;

async function lookAt(context: RunContext, host: Host, leases: readonly Lease[] | undefined): Promise<ContainerStatus> {
  const lease = leases?.find(({ publicIP }) => publicIP === host.address)?.subnet ?? '';
  const about = { name: host.name, lease };
  try {
    const { stdout } = await context.executor(host).read(look.sh, { signal: context.signal, timeoutMs: 30_000 });
    const found = new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
    const of = (key: string): string => found.get(key) ?? '';
    const status = {
      ...about,
      subnet: of('SUBNET'),
      bridge: of('ADDRESS'),
      bridgeMtu: of('BRIDGE_MTU'),
      mtu: of('MTU'),
    };
    return { ...status, wrong: mismatches(status, leases !== undefined) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof K8supError)) throw error;
    return { ...about, subnet: '', bridge: '', bridgeMtu: '', mtu: '', wrong: [whyUnreachable(error)] };
  }
}

/** What does not fit together, in the words of what should be. */
function mismatches(status: Omit<ContainerStatus, 'wrong'>, etcdTells: boolean): readonly string[] {
  const { lease, subnet, bridge, bridgeMtu, mtu } = status;
  if (subnet === '') return ['flanneld has no lease'];
  return [
    ...(!etcdTells
      ? ['no etcd member tells of leases']
      : networkOf(subnet) === lease
        ? []
        : [leaseWords(lease, subnet)]),
    ...(bridge === subnet ? [] : [`docker0 has ${bridge || 'no address'} instead of ${subnet}`]),
    ...(bridgeMtu === mtu ? [] : [`docker0's MTU is ${bridgeMtu || 'unknown'} instead of ${mtu}`]),
  ];
}

function leaseWords(lease: string, subnet: string): string {
  return lease === ''
    ? `etcd has no lease of ${subnet} for this host`
    : `etcd leases ${lease}, but flanneld has ${subnet}`;
}

/** `10.1.44.1/24` is the first address of the lease `10.1.44.0/24`, whatever the mask. */
function networkOf(address: string): string {
  const [host = '', mask = ''] = address.split('/');
  const octets = host.split('.');
  return `${[...octets.slice(0, -1), String(Number(octets.at(-1)) - 1)].join('.')}/${mask}`;
}
