import { formatPath } from '../inventory/path.ts';
import { unsafeSettings } from '../inventory/unsafe-settings.ts';
import { networkPlugins } from '../network/network.ts';
import { cell, code, markdownTable } from './markdown.ts';

const examples = { name: 'example' };

/** Edits that are judged by more than one setting; the others are a table in the inventory's own code. */
export const otherUnsafeEdits: readonly { readonly what: string; readonly edit: string; readonly reason: string }[] = [
  { what: 'DATA_DIRECTORY', edit: '`cluster.runtime.dataRoot`', reason: 'running containers would be lost' },
  {
    what: 'ETCD_MEMBERS',
    edit: 'hosts with the role etcd',
    reason: 'adding and removing members is not supported yet',
  },
  { what: 'ETCD_VERSION', edit: '`cluster.etcd.version`', reason: 'only a newer patch release is safe' },
  { what: 'HOST_REMOVED', edit: 'a host taken out', reason: 'it would go on running its part of the cluster' },
  { what: 'HOST_ADDRESS', edit: "a host's address", reason: 'certificates and its node hold the old one' },
  { what: 'HOST_ROLES', edit: 'a role taken from a host', reason: 'what it runs for it would stay behind' },
];

/** The edits that `plan` and `apply` refuse on a living cluster. */
export function unsafeChangeReference(): string {
  const settings = unsafeSettings.map(({ what, path, reason }) => ({ what, edit: code(formatPath(path)), reason }));
  const ofNetworks = networkPlugins.flatMap(({ name, resolve }) =>
    (resolve(examples, 1, []).needs.fixed ?? []).map(({ key, reason }) => ({
      what: 'NETWORK_SETTING',
      edit: code(formatPath(['cluster', 'network', name, key])),
      reason,
    })),
  );
  return markdownTable(
    ['Edit', 'Why it is refused', 'Error'],
    [...settings, ...ofNetworks, ...otherUnsafeEdits].map(({ what, edit, reason }) => [
      edit,
      cell(reason),
      code(`UNSAFE_CHANGE_${what}`),
    ]),
  );
}
