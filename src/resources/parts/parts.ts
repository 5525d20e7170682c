import { sh } from '../../shell/sh.ts';
import type { Resource } from '../define.ts';
import { stateDir } from '../ownership.ts';

/** An entry of the ownership manifest: the kind and name of something that k8sup put on a host. */
export interface Part {
  readonly kind: string;
  readonly name: string;
}

/** Folder on a host with one file for each owner of a place that only one may have; a line is `KIND TAB NAME`. */
export function partsFolder(place: string): string {
  return `${stateDir}/parts/${place}`;
}

/**
 * Records what on a host belongs to the owner of a place, such as one pod network, before any of it is there, so that it can be exchanged for
 * another owner whose data the new inventory no longer holds. What once belonged to it stays recorded.
 */
export function parts(place: string, owner: string, wanted: readonly Part[]): Resource<ReadonlySet<string>> {
  const file = `${partsFolder(place)}/${owner}`;
  const entries = wanted.map(({ kind, name }) => `${kind}\t${name}`);
  return {
    id: `parts:${place}`,
    probe: sh`[ ! -e ${file} ] || cat ${file}`,
    parse: (output) => new Set(output.split('\n').filter((line) => line !== '')),
    diff: (recorded) => {
      const missing = entries.filter((entry) => !recorded.has(entry));
      if (missing.length === 0) return [];
      return [{ path: owner, from: 'not recorded', to: `${String(missing.length)} parts`, effect: 'create' }];
    },
    apply: {
      script: sh`mkdir -p ${partsFolder(place)}
for entry in ${entries}; do grep -qxF -- "$entry" ${file} 2>/dev/null || printf '%s\\n' "$entry" >> ${file}; done
sync ${file}`,
    },
  };
}
