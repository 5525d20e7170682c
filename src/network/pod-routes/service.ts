import type { Component, ComponentFile } from '../../components/component.ts';
import { serviceText } from '../../components/service.ts';
import type { Claim } from '../../resources/claims.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { podRoutesPath } from './file.ts';
import { podRoutesScript, podRoutesScriptFile } from './script.ts';

export const podRoutesUnit = 'k8sup-routes.service';

/** Takes away what the service made, once it is stopped. */
export const podRoutesDown: Sh = sh`${podRoutesScript} down ${podRoutesPath}
rm -f ${podRoutesScript} ${podRoutesPath}`;

/** Keeps what the file says true on the host. */
export function podRoutesService(file: ComponentFile): Component {
  const inputs = [podRoutesScript, podRoutesPath];
  return {
    unit: podRoutesUnit,
    text: serviceText({
      unit: podRoutesUnit,
      description: 'Routes to pods, and the rules that hide their addresses',
      command: [podRoutesScript, 'keep', podRoutesPath],
      inputs,
      type: 'simple',
    }),
    files: [podRoutesScriptFile(), file],
    directories: [],
    inputs,
    interrupts: 'routes and rules stay as they are; pods keep their connections',
    explanation: { flags: {}, files: [] },
    health: sh`${podRoutesScript} check ${podRoutesPath}`,
    healthTimeoutSeconds: 30,
  };
}

/** What the rules leave. */
export const podRoutesClaims: readonly Claim[] = [
  { kind: 'chains', name: 'K8SUP-' },
  { kind: 'nft-table', name: 'ip k8sup' },
  { kind: 'nft-table', name: 'ip6 k8sup' },
];
