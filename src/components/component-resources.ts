import { directory } from '../resources/directory.ts';
import { file } from '../resources/file.ts';
import { service } from '../resources/service.ts';
import type { AnyResource } from '../resources/define.ts';
import type { Component } from './component.ts';
import { paths } from './paths.ts';
import { unitView } from './systemd-unit.ts';

/** A component's directories, files and unit file, without its running service. */
export function componentFiles(component: Component): readonly AnyResource[] {
  return [
    ...component.directories.map(({ path, mode, data = true }) => directory({ path, mode, data })),
    ...component.files.map((spec) => file(spec)),
    file({ path: `${paths.units}/${component.unit}`, content: component.text, mode: 0o644, show: unitView }),
  ];
}

/** All of a component: its files, and its unit enabled and running with just these. */
export function componentResources(component: Component): readonly AnyResource[] {
  return [...componentFiles(component), componentService(component)];
}

export function componentService({ unit, inputs, interrupts, explanation }: Component): AnyResource {
  return service({ unit, inputs, interrupts, explanation });
}
