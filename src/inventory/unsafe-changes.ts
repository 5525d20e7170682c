import semver from 'semver';
import type { Document } from './document.ts';
import { hasKubernetes } from './model.ts';
import type { Inventory } from './model.ts';
import { formatPath } from './path.ts';
import type { Path } from './path.ts';
import type { Problem } from './problem.ts';
import { recordOf } from './record.ts';
import type { RecordedSettings } from './record.ts';
import { network, unsafeSettings } from './unsafe-settings.ts';
import type { Setting, Value } from './unsafe-settings.ts';

export { parseRecord, recordOf } from './record.ts';
export type { RecordedSettings } from './record.ts';

/** The edits since `before` that a living cluster would not survive, each at its place in the new inventory; pure. */
export function unsafeChanges(before: RecordedSettings, after: Inventory): readonly Problem[] {
  const now = recordOf(after);
  const edits = [
    ...settingEdits(before, now, after),
    ...networkEdits(before, after),
    ...etcdEdits(before, now, after.document),
    ...hostEdits(before, now),
  ];
  return edits.map(({ what, path, message, fix }) => ({
    severity: 'error',
    code: `UNSAFE_CHANGE_${what}`,
    path: formatPath(path),
    position: after.document.position(path),
    message,
    fix: fix ?? 'take the edit back, or run k8sup clean and apply again',
  }));
}

/**
 * The edits that a living cluster survives, but not unnoticed: apply asks before it makes them.
 */
export function disruptiveChanges(before: RecordedSettings, after: Inventory): readonly Problem[] {
  const path = network('plugin');
  const { plugin } = after.cluster.network;
  if (before.plugin === plugin) return [];
  return [
    {
      severity: 'warning',
      code: 'NETWORK_CHANGES',
      path: formatPath(path),
      position: after.document.position(path),
      message: `the pod network changes from ${before.plugin} to ${plugin}: ${before.plugin} is taken off every host, connections of pods break, and each pod is restarted in place with a new address`,
    },
  ];
}

interface Edit {
  /** End of the code. */
  readonly what: string;
  readonly path: Path;
  readonly message: string;
  readonly fix?: string;
}

function settingEdits(before: RecordedSettings, now: RecordedSettings, after: Inventory): readonly Edit[] {
  const { document } = after;
  const rules = unsafeSettings.filter((rule) => rule.containers === true || hasKubernetes(after));
  const edits = rules.flatMap((rule): readonly Edit[] => {
    const [from, to] = [rule.value(before), rule.value(now)];
    if (from === undefined || to === undefined || from === to) return [];
    const echo = rule.byRelease === true && before.kubernetes !== now.kubernetes && !document.has(rule.path);
    return echo ? [] : [editOf(rule, [from, to], document)];
  });
  // Another runtime has another data root of its own accord; that one edit is said once.
  if (before.runtime !== now.runtime || before.directories.runtime === now.directories.runtime) return edits;
  return [...edits, editOf(dataRoot, [before.directories.runtime, now.directories.runtime], document)];
}

/** What the plugin itself says must stay; another plugin is an edit of its own. */
function networkEdits(before: RecordedSettings, { cluster, document }: Inventory): readonly Edit[] {
  const { plugin, needs } = cluster.network;
  if (before.plugin !== plugin) return [];
  return (needs.fixed ?? []).flatMap(({ key, name, value, reason }) => {
    const from = before.network?.[key];
    if (from === undefined || from === value) return [];
    const setting = { what: 'NETWORK_SETTING', path: [...network(plugin), key], name, reason };
    return [editOf(setting, [from, value], document)];
  });
}

const dataRoot: Setting = {
  what: 'DATA_DIRECTORY',
  path: ['cluster', 'runtime', 'dataRoot'],
  name: "the runtime's data root",
  reason: 'running containers would be lost',
};

/** Where the inventory leaves a setting to k8sup, it was a newer k8sup with another default that changed it: nobody has an edit to take back. */
function editOf(setting: Setting, [from, to]: readonly [Value, Value], document: Document): Edit {
  const { what, path, name, reason } = setting;
  if (setting.follows === true || document.has(path)) {
    return { what, path, message: `${name} cannot change from ${from} to ${to} on a living cluster: ${reason}` };
  }
  const message = `${name} is not in the inventory, and the default of this k8sup is ${to}, but the cluster has ${from}, which cannot change while it lives: ${reason}`;
  const fix = `write "${path.at(-1) ?? ''}: ${from}" below ${formatPath(path.slice(0, -1))}, so that no default decides`;
  return { what, path, message, fix };
}

function etcdEdits(before: RecordedSettings, now: RecordedSettings, document: Document): readonly Edit[] {
  const sign = (record: RecordedSettings): string =>
    record.etcd.members
      .map(({ name, address }) => `${name} (${address})`)
      .sort()
      .join(', ');
  const edits: Edit[] = [];
  if (sign(before) !== sign(now)) {
    const message = `etcd's members cannot change from ${sign(before)} to ${sign(now)}: adding and removing members is not supported yet`;
    edits.push({ what: 'ETCD_MEMBERS', path: ['hosts'], message });
  }
  const [from, to] = [before.etcd.version, now.etcd.version];
  const sameMinor = semver.major(from) === semver.major(to) && semver.minor(from) === semver.minor(to);
  if (!sameMinor || semver.lt(to, from)) {
    edits.push(editOf(etcdVersion, [from, to], document));
  }
  return edits;
}

const etcdVersion: Setting = {
  what: 'ETCD_VERSION',
  path: ['cluster', 'etcd', 'version'],
  name: "etcd's version",
  reason: 'only a newer patch release is safe',
};

function hostEdits(before: RecordedSettings, now: RecordedSettings): readonly Edit[] {
  return before.hosts.flatMap((old): readonly Edit[] => {
    const index = now.hosts.findIndex((host) => host.name === old.name);
    const host = now.hosts[index];
    if (host === undefined) {
      const message = `${old.name} (${old.address}) was taken out, but it still runs its part of the cluster`;
      return [
        {
          what: 'HOST_REMOVED',
          path: ['hosts'],
          message,
          fix: 'put it back: taking a host off a cluster is not supported yet',
        },
      ];
    }
    const edits: Edit[] = [];
    if (host.address !== old.address) {
      const message = `the address of ${old.name} cannot change from ${old.address} to ${host.address}: certificates and its node hold the old one`;
      edits.push({ what: 'HOST_ADDRESS', path: ['hosts', index, 'address'], message });
    }
    // Membership of etcd has a rule and a code of its own.
    const lost = old.roles.filter((role) => role !== 'etcd' && !host.roles.includes(role));
    if (lost.length > 0) {
      const message = `${old.name} cannot lose the role ${lost.join(', ')}: what it runs for it would stay behind`;
      edits.push({ what: 'HOST_ROLES', path: ['hosts', index, 'roles'], message });
    }
    return edits;
  });
}
