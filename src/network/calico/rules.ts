import { isAtLeast } from '../../inventory/releases.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { calicoVersion } from './common.ts';

/** What a version of Calico or Canal goes together with. The tested minors are those of Calico's own page of system requirements for 3.32. */
export function calicoRules(name: 'calico' | 'canal'): readonly CombinationRule[] {
  const [prefix, title] = name === 'calico' ? ['CALICO', 'Calico'] : ['CANAL', 'Canal'];
  return [
    {
      code: `${prefix}_UNSUPPORTED`,
      severity: 'error',
      path: ['network', name, 'version'],
      applies: ({ pluginVersion }) => pluginVersion?.startsWith('3.32.') !== true,
      message: `k8sup's edits are written for the files of ${title} 3.32 alone`,
      fix: `use ${title} ${calicoVersion}`,
    },
    {
      code: `${prefix}_NEEDS_KUBERNETES_1_21`,
      severity: 'error',
      path: ['network', 'plugin'],
      applies: ({ kubernetes }) => !isAtLeast(kubernetes, 1, 21),
      message: `${title} 3.32 uses policy/v1 and discovery.k8s.io/v1, which Kubernetes serves from 1.21 on`,
      fix: 'use Kubernetes 1.34 or newer, or network.plugin: flannel',
    },
    {
      code: `${prefix}_KUBERNETES_UNTESTED`,
      severity: 'warning',
      path: ['network', 'plugin'],
      applies: ({ kubernetes }) => isAtLeast(kubernetes, 1, 21) && !isAtLeast(kubernetes, 1, 34),
      message: `${title} 3.32 is tested by its own project with Kubernetes 1.34 to 1.36`,
      fix: 'use one of these',
    },
  ];
}
