import { sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/** A file of k8sup's own that must not stay. */
export function absentFile(path: string): Resource<string> {
  return {
    id: `file:${path}`,
    probe: sh`if [ -e ${path} ] || [ -L ${path} ]; then echo there; else echo absent; fi`,
    parse: (output) => output.trim(),
    diff: (state) => (state === 'absent' ? [] : [{ path: 'file', from: state, to: 'absent', effect: 'delete' }]),
    apply: { script: sh`rm -f ${path}` },
  };
}
