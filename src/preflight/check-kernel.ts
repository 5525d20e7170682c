import { runsKubelet } from '../inventory/model.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { kernelNeeds } from './kernel-needs.ts';
import type { HostCheck } from './host-check.ts';

type Found = ReturnType<HostCheck>;

/** Features of the kernel by their presence; what only use would tell (in a container without a module tree) is a warning. */
export const checkKernel: HostCheck = (inventory, host, facts) => [
  ...missingFeatures(inventory, host, facts),
  ...unknownFeatures(inventory, host, facts),
  ...controllers(host, facts),
  ...nftablesRelease(inventory, host, facts),
  ...networkRelease(inventory, host, facts),
];

function missingFeatures(inventory: Inventory, host: Host, facts: Facts): Found {
  const missing = kernelNeeds(inventory, host, facts).filter(
    ({ module }) => !facts.features.has(module) && !facts.unknownFeatures.has(module),
  );
  return [...new Set(missing.map(({ by }) => by))].map((by) => {
    const mine = missing.filter((need) => need.by === by);
    return {
      code: 'KERNEL_FEATURE_MISSING',
      what: `its kernel ${facts.kernel} lacks ${mine.map(({ module }) => module).join(', ')}`,
      why: `${by} needs ${mine.length === 1 ? 'it' : 'them'}`,
      fix: mine[0]?.alternative ?? '',
      severity: 'error',
    };
  });
}

function unknownFeatures(inventory: Inventory, host: Host, facts: Facts): Found {
  const unknown = kernelNeeds(inventory, host, facts).filter(({ module }) => facts.unknownFeatures.has(module));
  if (unknown.length === 0) return [];
  return [
    {
      code: 'KERNEL_FEATURES_UNKNOWN',
      what: `nothing tells whether its kernel ${facts.kernel} has ${unknown.map(({ module }) => module).join(', ')}`,
      why: facts.container
        ? "its modules are the machine's, and trying one out would load it"
        : 'there are no modules of the running kernel on its disk: was the kernel upgraded since it was booted?',
      fix: facts.container ? 'load them on the machine' : 'reboot the host',
      severity: 'warning',
    },
  ];
}

/** Some boards boot with the memory controller off. */
function controllers(host: Host, facts: Facts): Found {
  if (!runsKubelet(host)) return [];
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !facts.features.has(`cgroup:${name}`));
  if (missing.length === 0) return [];
  return [
    {
      code: 'CGROUP_CONTROLLER_MISSING',
      what: `it has no cgroup controller for ${missing.join(', ')}`,
      why: 'a kubelet does not start without it',
      fix: 'switch it on with the kernel parameters cgroup_enable=memory cgroup_memory=1 (or what your boot loader has for it), and reboot',
      severity: 'error',
    },
  ];
}

/** kube-proxy itself refuses nftables mode on kernels before 5.13. */
function nftablesRelease(inventory: Inventory, host: Host, facts: Facts): Found {
  const { kubeProxy, network } = inventory.cluster;
  if (kubeProxy.mode !== 'nftables' || network.needs.replacesKubeProxy === true || !runsKubelet(host)) return [];
  if (isAtLeast(facts.kernel, 5, 13)) return [];
  return [
    {
      code: 'KERNEL_TOO_OLD',
      what: `its kernel ${facts.kernel} is too old for kube-proxy in nftables mode`,
      why: 'kube-proxy wants 5.13 or newer for it',
      fix: 'choose cluster.kubeProxy.mode: iptables',
      severity: 'error',
    },
  ];
}

function networkRelease(inventory: Inventory, host: Host, facts: Facts): Found {
  const least = inventory.cluster.network.needs.kernelRelease;
  if (least === undefined || !runsKubelet(host) || isAtLeast(facts.kernel, least.major, least.minor)) return [];
  return [
    {
      code: 'KERNEL_TOO_OLD',
      what: `its kernel ${facts.kernel} is too old for ${least.by}`,
      why: `${least.by} wants ${least.major}.${least.minor} or newer`,
      fix: least.alternative,
      severity: 'error',
    },
  ];
}

function isAtLeast(kernel: string, major: number, minor: number): boolean {
  const [own = 0, ownMinor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return own > major || (own === major && ownMinor >= minor);
}
