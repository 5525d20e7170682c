import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { stateDir } from '../ownership.ts';
import type { Change, Resource } from '../define.ts';
import { networkKinds, undoFunctions } from './undo-entries.ts';
import { stopAll, unmountAll } from './stop-all.ts';

/** One line of a host's ownership manifest. */
export interface Owned {
  readonly kind: string;
  readonly name: string;
  readonly value: string;
}

/**
 * A host without anything of k8sup's. Its difference is the ownership manifest itself; applying works from the manifest alone, whatever the inventory says by now.
 */
export function cleanHost(): Resource<readonly Owned[]> {
  const manifest = `${stateDir}/manifest`;
  return {
    id: 'clean:host',
    probe: sh`if [ -e ${manifest} ]; then cat ${manifest}; elif [ -d ${stateDir} ] || [ -d /run/k8sup ]; then printf 'path\\t%s\\t\\n' ${stateDir}; fi`,
    parse: parseManifest,
    diff: removals,
    apply: { script: cleanScript(manifest), timeoutSeconds: 300 },
  };
}

function parseManifest(output: string): readonly Owned[] {
  return output.split('\n').flatMap((line) => {
    const [kind = '', name = '', value = ''] = line.split('\t');
    return kind === '' ? [] : [{ kind, name, value }];
  });
}

/** One change a kind: a host has a hundred things of k8sup's, and their names are in its manifest. */
function removals(owned: readonly Owned[]): readonly Change[] {
  const kinds = [...new Set(owned.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const count = owned.filter((one) => one.kind === kind).length;
    return { path: kind, from: `${String(count)} of k8sup`, to: 'as before', effect: 'delete' };
  });
}

function cleanScript(manifest: string): Sh {
  return lines([
    undoFunctions,
    sh`manifest=${manifest}
set +e
tab=$(printf '\\t')
undo_kinds() { : > "$manifest.left"
  tac "$manifest" | while IFS="$tab" read -r kind name value; do
    chosen=no
    case " $1 " in *" $kind "*) chosen=yes ;; ' rest ') case $kind in unit|dir|kept-mount) ;; *) chosen=yes ;; esac ;; esac
    if [ $chosen = yes ]; then
      # Not in a condition: bash would leave out the set -e of what is undone.
      said=$(undo 2>&1); rc=$?
      if [ $rc -eq 0 ]; then [ -z "$said" ] || echo "$said"; continue; fi
      echo "could not take back $kind $name: $said"
    fi
    printf '%s\\t%s\\t%s\\n' "$kind" "$name" "$value" >> "$manifest.left"
  done
  tac "$manifest.left" > "$manifest.new"; mv -f "$manifest.new" "$manifest"; rm -f "$manifest.left"; }
if [ -e "$manifest" ]; then`,
    stopAll,
    unmountAll,
    sh`undo_kinds ${networkKinds.join(' ')}
undo_kinds rest
undo_kinds ${'dir kept-mount'}
undo_kinds unit
systemctl daemon-reload
if [ -s "$manifest" ]; then echo 'left on the host:'; cat "$manifest"; exit 1; fi
fi
rm -rf ${stateDir} /run/k8sup
exec 9>&-`,
  ]);
}
