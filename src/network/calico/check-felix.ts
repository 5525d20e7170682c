import type { Finding, Report } from '../../inventory/findings.ts';
import { ownFelixFields } from './felix.ts';

/** Names that k8sup sets by a setting of its own would be set twice. */
export function checkFelix(
  { felix }: { readonly felix?: Readonly<Record<string, unknown>> | undefined },
  at: (...keys: readonly string[]) => Finding['path'],
  report: Report,
): void {
  for (const field of Object.keys(felix ?? {})) {
    const setting = ownFelixFields[field];
    if (setting === undefined) continue;
    const message = `k8sup sets ${field} by itself`;
    const fix = `use ${setting.startsWith('cluster.') ? setting : at(setting).join('.')}`;
    report({ code: 'FELIX_SETTING_RESERVED', path: at('felix', field), atKey: true, message, fix });
  }
}
