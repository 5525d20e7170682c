import { playbookName } from './playbook/model.ts';
import { readYaml } from './read-yaml.ts';

/** What can be read of an inventory however wrong the rest of it is. */
export interface Glance {
  readonly cluster: string | undefined;
  readonly hosts: readonly { readonly name: string; readonly roles: ReadonlySet<string> }[];
  /** Files of playbooks, as they are written. */
  readonly playbookFiles: readonly string[];
}

/** The same of a playbook: its stages. */
export interface PlaybookGlance {
  readonly name: string;
  readonly stages: readonly { readonly id: string; readonly title: string }[];
}

/** Reads names alone, quickly and without any check: for suggestions, never to act upon. */
export function glanceAt(text: string, file: string): Glance {
  const data = asRecord(readYaml(text, file).data);
  const name = asRecord(data['cluster'])['name'];
  return {
    cluster: typeof name === 'string' ? name : undefined,
    hosts: listOf(data['hosts'])
      .map(asRecord)
      .flatMap((host) => {
        const roles = new Set(listOf(host['roles']).map(String));
        return typeof host['name'] === 'string' ? [{ name: host['name'], roles }] : [];
      }),
    playbookFiles: listOf(data['playbooks']).flatMap((path) => (typeof path === 'string' ? [path] : [])),
  };
}

/** Reads what stages a playbook has, in the same way. */
export function glanceAtPlaybook(text: string, file: string): PlaybookGlance {
  const playbook = playbookName(file);
  const stages = listOf(asRecord(readYaml(text, file).data)['stages']).map(asRecord);
  return {
    name: playbook,
    stages: stages.flatMap(({ name, title }) =>
      typeof name === 'string' ? [{ id: `${playbook}.${name}`, title: typeof title === 'string' ? title : name }] : [],
    ),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
