import { kernelNeeds } from './kernel-needs.ts';
import type { HostCheck } from './host-check.ts';

/** Features of the kernel by their presence; what cannot be told without use (in a container without a module tree) is let pass. */
export const checkKernel: HostCheck = (inventory, host, facts) => {
  const missing = kernelNeeds(inventory, host).filter(
    ({ module }) => !facts.features.has(module) && !facts.unknownFeatures.has(module),
  );
  const users = [...new Set(missing.map(({ by }) => by))];
  return users.map((by) => {
    const mine = missing.filter((need) => need.by === by);
    return {
      code: 'KERNEL_FEATURE_MISSING',
      what: `its kernel ${facts.kernel} lacks ${mine.map(({ module }) => module).join(', ')}`,
      why: `${by} needs ${mine.length === 1 ? 'it' : 'them'}`,
      fix: mine[0]?.alternative ?? '',
      severity: 'error',
    };
  });
};
