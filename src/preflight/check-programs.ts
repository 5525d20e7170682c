import type { HostCheck } from './host-check.ts';
import { neededPrograms } from './needed-programs.ts';

/** Programs that are not there, on a host without a package manager that could bring them. */
export const checkPrograms: HostCheck = (inventory, host, facts) => {
  const missing = neededPrograms(inventory, host, facts).filter(({ program }) => !facts.programs.has(program));
  const managers = ['apt-get', 'dnf', 'yum', 'zypper'];
  if (missing.length === 0 || managers.some((manager) => facts.programs.has(manager))) return [];
  return [
    {
      code: 'PROGRAMS_MISSING',
      what: `it lacks ${missing.map(({ program }) => program).join(', ')}`,
      why: `it has none of the package managers that k8sup knows (${managers.join(', ')})`,
      fix: "install them by the host's own means",
      severity: 'error',
    },
  ];
};
