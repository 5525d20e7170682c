import { sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/** A file that must be there, with a content that is somebody else's business; made empty, for root alone. */
export function presentFile(path: string): Resource<string> {
  return {
    id: `file:${path}`,
    probe: sh`if [ -f ${path} ]; then echo file; else echo absent; fi`,
    parse: (output) => output.trim(),
    diff: (state) => (state === 'file' ? [] : [{ path: 'file', from: state, to: 'there', effect: 'create' }]),
    apply: {
      script: sh`k8sup_own_file ${path}
umask 077; : >> ${path}`,
    },
  };
}
