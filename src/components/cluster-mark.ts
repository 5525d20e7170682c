import type { StageContext } from '../engine/stage.ts';
import { file } from '../resources/file.ts';
import type { AnyResource } from '../resources/define.ts';
import { paths } from './paths.ts';

/** Says whose host this is; before anything else is written there. */
export function clusterMark(context: Pick<StageContext, 'inventory' | 'pki'>): AnyResource {
  const { authorities } = context.pki;
  return file({
    path: `${paths.state}/cluster`,
    content: `${authorities.clusterId} ${context.inventory.cluster.name}\n`,
    mode: 0o600,
    ...(authorities.pending ? { made: 'new, made by apply' } : {}),
  });
}
