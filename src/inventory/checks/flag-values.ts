import type { Report } from '../findings.ts';
import type { ComponentName } from '../model.ts';
import type { Path } from '../path.ts';

interface FlagValue {
  readonly component: ComponentName;
  /** Without dashes. */
  readonly flag: string;
  readonly value: unknown;
  readonly path: Path;
}

/** Values that open what k8sup closes: some would undo the trust in nodes, some only deserve a word. */
export function checkFlagValue({ component, flag, value, path }: FlagValue, report: Report): void {
  if (component !== 'apiserver') return;
  const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : [];
  const disables = flag === 'disable-admission-plugins' && items.includes('NodeRestriction');
  if (disables || (flag === 'enable-admission-plugins' && value === null)) {
    const message = 'without NodeRestriction each node could change every other node and its pods';
    const fix = 'take it out; plugins in enable-admission-plugins are added to it';
    report({ code: 'NODE_RESTRICTION_NEEDED', path, message, fix });
  }
  if (flag === 'anonymous-auth' && ['true', 'null'].includes(String(value))) {
    const message = 'anybody who reaches the API server may then ask it, as far as RBAC lets system:anonymous';
    const fix = 'from Kubernetes 1.32 the health paths alone are open without this flag';
    report({ code: 'ANONYMOUS_ACCESS', severity: 'warning', path, message, fix });
  }
}
