import { isAtLeast } from '../../inventory/releases.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { calicoVersion } from './base-settings.ts';

/** What a version of Calico or Canal goes together with. The tested minors are those of Calico's own page of system requirements for 3.32. */
export function calicoRules(name: 'calico' | 'canal'): readonly CombinationRule[] {
  const [prefix, title] = name === 'calico' ? ['CALICO', 'Calico'] : ['CANAL', 'Canal'];
  const ipv4Only: CombinationRule = {
    code: 'CANAL_IPV4_ONLY',
    severity: 'error',
    path: ['network', 'podCIDR'],
    applies: ({ families }) => families.includes('ipv6'),
    message: "Canal's own manifest gives pods IPv4 addresses alone",
    fix: 'use network.plugin: calico or flannel',
  };
  return [
    ...(name === 'canal' ? [ipv4Only] : []),
    {
      code: `${prefix}_UNSUPPORTED`,
      severity: 'error',
      path: ['network', name, 'version'],
      applies: ({ pluginVersion }) => pluginVersion?.startsWith('3.32.') !== true,
      message: `k8sup's edits are written for the files of ${title} 3.32 alone`,
      fix: `use ${title} ${calicoVersion}`,
    },
    {
      // policy/v1 comes with 1.21, and kubectl 1.22 knows no `x-kubernetes-validations` yet: seen on an apiserver of 1.20.
      code: `${prefix}_KUBERNETES_TOO_OLD`,
      severity: 'error',
      path: ['network', 'plugin'],
      applies: ({ kubernetes }) => !isAtLeast(kubernetes, 1, 23),
      message: `${title} 3.32 brings objects that Kubernetes does not know before 1.23`,
      fix: 'use Kubernetes 1.34 or newer, or network.plugin: flannel',
    },
    {
      code: `${prefix}_KUBERNETES_UNTESTED`,
      severity: 'warning',
      path: ['network', 'plugin'],
      applies: ({ kubernetes }) => isAtLeast(kubernetes, 1, 23) && !isAtLeast(kubernetes, 1, 34),
      message: `${title} 3.32 is tested by its own project with Kubernetes 1.34 to 1.36`,
      fix: 'use one of these',
    },
  ];
}
