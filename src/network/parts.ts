import { dirname } from 'node:path';
import { paths } from '../components/paths.ts';
import type { Part } from '../resources/parts/parts.ts';
import type { NetworkPlugin, NetworkTarget } from './plugin.ts';

/** The place on a host that one pod network alone may have. */
export const networkPlace = 'network';

const shared: readonly string[] = [paths.bin, paths.lib, paths.cniBin, paths.cniConf, paths.kubeConf, paths.units];

/** The place of something that stands beside it, which has it or nobody. */
export function additionPlace(name: string): string {
  return `network-${name}`;
}

/** All that a plugin puts on a host or leaves there by running, as the ownership manifest names it. */
export function partsOf(plugin: NetworkPlugin, target: NetworkTarget): readonly Part[] {
  const components = [plugin.component(target), plugin.masquerade?.(target)].filter((one) => one !== undefined);
  const files = [
    ...plugin.programs(target.inventory).flatMap((set) => set.files.map((name) => `${set.directory}/${name}`)),
    ...plugin.kubeconfigs.map((name) => `${paths.kubeConf}/${name}.kubeconfig`),
    ...components.flatMap((one) => one.files).map(({ path }) => path),
    ...plugin.cniFiles(target).map(({ path }) => path),
    ...components.map(({ unit }) => `${paths.units}/${unit}`),
  ];
  // Folders of others stay, also when they are empty for a moment.
  const folders = [...new Set(files.map((path) => dirname(path)))].filter((path) => !shared.includes(path));
  return [
    ...folders.map((name) => ({ kind: 'dir', name })),
    ...components.map(({ unit }) => ({ kind: 'unit', name: unit })),
    ...components
      .flatMap((one) => one.directories)
      .map(({ path, data = true }) => ({ kind: data ? 'tree' : 'dir', name: path })),
    ...files.map((name) => ({ kind: 'file', name })),
    ...plugin.claims(target.inventory).map(({ kind, name }) => ({ kind, name })),
  ];
}
