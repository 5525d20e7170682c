import { readYaml } from './read-yaml.ts';

/** What can be read of an inventory however wrong the rest of it is. */
export interface Glance {
  readonly cluster: string | undefined;
  readonly hosts: readonly { readonly name: string; readonly roles: ReadonlySet<string> }[];
}

/** Reads names alone, quickly and without any check: for suggestions, never to act upon. */
export function glanceAt(text: string, file: string): Glance {
  const data = asRecord(readYaml(text, file).data);
  const name = asRecord(data['cluster'])['name'];
  const hosts = Array.isArray(data['hosts']) ? data['hosts'] : [];
  return {
    cluster: typeof name === 'string' ? name : undefined,
    hosts: hosts.map(asRecord).flatMap((host) => {
      const roles: readonly unknown[] = Array.isArray(host['roles']) ? host['roles'] : [];
      return typeof host['name'] === 'string' ? [{ name: host['name'], roles: new Set(roles.map(String)) }] : [];
    }),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
