import { dirname } from 'node:path';
import { paths } from '../components/paths.ts';
import type { Part } from '../resources/parts/parts.ts';
import type { NetworkPlugin, NetworkTarget } from './plugin.ts';

/** The place on a host that one pod network alone may have. */
export const networkPlace = 'network';

/** All that a plugin puts on a host or leaves there by running, as the ownership manifest names it. */
export function partsOf(plugin: NetworkPlugin, target: NetworkTarget): readonly Part[] {
  const component = plugin.component(target);
  const files = [
    ...plugin.programs(target.inventory).flatMap((set) => set.files.map((name) => `${set.directory}/${name}`)),
    ...plugin.kubeconfigs.map((name) => `${paths.kubeConf}/${name}.kubeconfig`),
    ...(component?.files ?? []).map(({ path }) => path),
    ...plugin.cniFiles(target).map(({ path }) => path),
    ...(component === undefined ? [] : [`${paths.units}/${component.unit}`]),
  ];
  const folders = [...new Set(files.map((path) => dirname(path)))];
  return [
    ...folders.map((name) => ({ kind: 'dir', name })),
    ...(component === undefined ? [] : [{ kind: 'unit', name: component.unit }]),
    ...(component?.directories ?? []).map(({ path, data = true }) => ({ kind: data ? 'tree' : 'dir', name: path })),
    ...files.map((name) => ({ kind: 'file', name })),
    ...plugin.claims(target.inventory).map(({ kind, name }) => ({ kind, name })),
  ];
}
