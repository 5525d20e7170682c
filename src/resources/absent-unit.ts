import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/**
 * A unit of k8sup's own that must not stay.
 *
 * @param down - takes away what it made; runs once it is stopped.
 */
export function absentUnit(unit: string, down: Sh): Resource<string> {
  const path = `/etc/systemd/system/${unit}`;
  return {
    id: `absent-unit:${unit}`,
    probe: sh`if [ -e ${path} ]; then echo there; else echo absent; fi`,
    parse: (output) => output.trim(),
    diff: (state) => (state === 'absent' ? [] : [{ path: 'unit', from: state, to: 'absent', effect: 'delete' }]),
    apply: {
      script: lines([
        sh`systemctl disable --quiet --now ${unit}`,
        down,
        sh`rm -f ${path}
systemctl daemon-reload`,
      ]),
      timeoutSeconds: 120,
    },
  };
}
