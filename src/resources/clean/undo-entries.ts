import { lines, rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { undoByKind } from '../undo.ts';
import { giveBack, ownedUndo, takeRules } from './undo-owned.ts';

/** Kinds whose undo must come before files go: links and rules use programs, and programs are files. */
export const networkKinds = [
  'netns',
  'links',
  'link',
  'module-link',
  'routes',
  'xfrm',
  'route-table',
  'nft-table',
  'chains',
  'rules',
  'ipsets',
  'ipvs',
  'bpf',
  'policy',
  'policy6',
];

/** The shell function `undo`, which takes back the entry of the ownership manifest that is in `$kind`, `$name` and `$value`; `$manifest` is the manifest's path. */
export const undoFunctions: Sh = lines([
  takeRules,
  giveBack,
  sh`undo() { case $kind in
${lines(
  Object.entries({ ...undoByKind, ...ownedUndo }).map(
    ([kind, script]) => sh`${rawShell(kind)}) ( set -e
${script}
) ;;`,
  ),
)}
*) echo "unknown kind $kind: made by a newer k8sup" >&2; false ;;
esac; }`,
]);
