import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { checkContainers } from './checks/containers.ts';
import { checkExtras } from './checks/extras.ts';
import { checkFiles } from './checks/files.ts';
import { checkHosts } from './checks/hosts.ts';
import { checkLabels } from './checks/labels.ts';
import { checkSecondInterface } from './checks/lan.ts';
import { checkNetwork } from './checks/network.ts';
import { checkPlugins } from './checks/plugins.ts';
import { checkRoles } from './checks/roles.ts';
import { checkMirrors } from './checks/runtime.ts';
import { checkSettings } from './checks/settings.ts';
import { checkSsh } from './checks/ssh.ts';
import { checkVersions } from './checks/versions.ts';
import { draftOf } from './draft.ts';
import { Findings, inFileOrder, toProblem } from './findings.ts';
import type { Draft } from './findings.ts';
import { localPaths } from './local-path.ts';
import type { LocalPath } from './local-path.ts';
import type { Inventory } from './model.ts';
import { InventoryError } from './problem.ts';
import type { Problem } from './problem.ts';
import type { PluginDeclaration } from './plugin.ts';
import { readYaml } from './read-yaml.ts';
import type { PositionedDocument } from './read-yaml.ts';
import { readPlaybook } from './playbook/load.ts';
import type { ReadPlaybook } from './playbook/load.ts';
import { isRecord } from './path.ts';
import { resolveInventory, rolesOf } from './resolve.ts';
import { inventorySchemas } from './schema.ts';

/**
 * Reads and checks an inventory, and looks at the files it names.
 *
 * @throws {@link InventoryError} with all mistakes at once; K8supError `INVENTORY_NOT_FOUND` or `INVENTORY_UNREADABLE`.
 */
export async function loadInventory(file: string, plugins: readonly PluginDeclaration[]): Promise<Inventory> {
  const read = analyse(await readText(file), file, plugins);
  const findings = new Findings(read.document, read.draft.broken);
  await checkFiles(read.draft, { local: read.local, plugins }, findings.report);
  const result = conclude({ ...read, problems: [...read.problems, ...findings.problems] }, file);
  const playbooks = await readPlaybooks(read);
  const wrong = playbooks.flatMap(({ problems }) => problems);
  if (!('inventory' in result)) throw new InventoryError(file, [...result.problems, ...wrong]);
  const inventory = { ...result.inventory, playbooks: playbooks.map(({ playbook }) => playbook) };
  for (const { templateProblems } of playbooks) wrong.push(...(await templateProblems(inventory)));
  if (wrong.length > 0) throw new InventoryError(file, wrong);
  return inventory;
}

export type CheckedInventory =
  | { readonly inventory: Inventory; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Checks a text alone: nothing is read from disk. Paths in it start at the folder of `file`. */
export function checkInventory(text: string, file: string, plugins: readonly PluginDeclaration[]): CheckedInventory {
  return conclude(analyse(text, file, plugins), file);
}

interface Analysis {
  readonly plugins: readonly PluginDeclaration[];
  readonly draft: Draft;
  readonly document: PositionedDocument;
  readonly local: LocalPath;
  readonly problems: readonly Problem[];
  /** As written; undefined where the text is not YAML. */
  readonly data: unknown;
}

function analyse(text: string, file: string, plugins: readonly PluginDeclaration[]): Analysis {
  const yaml = readYaml(text, file);
  const local = localPaths(file);
  const unread = yaml.data === undefined && yaml.problems.length > 0;
  if (unread) {
    const draft: Draft = {
      cluster: { name: 'unnamed' },
      ssh: {},
      jumpHosts: [],
      hosts: [],
      onlyHost: false,
      kubernetes: true,
      broken: [[]],
    };
    return { plugins, draft, document: yaml.document, local, problems: yaml.problems, data: undefined };
  }
  const { draft, findings } = draftOf(yaml.data ?? undefined, inventorySchemas(plugins));
  const checked = new Findings(yaml.document, draft.broken);
  const checks = [
    checkVersions,
    checkHosts,
    checkSsh,
    checkRoles,
    checkContainers,
    checkNetwork,
    checkSecondInterface,
    checkExtras,
    checkLabels,
    checkMirrors,
    checkSettings,
  ];
  for (const check of checks) check(draft, checked.report);
  checkPlugins(draft, plugins, checked.report);
  const refused = findings.map((finding) => toProblem(finding, yaml.document));
  return {
    plugins,
    draft,
    document: yaml.document,
    local,
    problems: [...yaml.problems, ...refused, ...checked.problems],
    data: yaml.data,
  };
}

function conclude({ plugins, draft, document, local, problems }: Analysis, file: string): CheckedInventory {
  const errors = inFileOrder(problems.filter((problem) => problem.severity === 'error'));
  const warnings = inFileOrder(problems.filter((problem) => problem.severity === 'warning'));
  if (errors.length > 0) return { problems: errors, warnings };
  const resolved = resolveInventory(draft, local, plugins);
  return { inventory: { file: resolve(file), ...resolved, playbooks: [], document, warnings }, warnings };
}

async function readPlaybooks({ data, draft, local, document }: Analysis): Promise<readonly ReadPlaybook[]> {
  const written = isRecord(data) ? data['playbooks'] : undefined;
  const hosts = draft.hosts.map(({ host }) => ({ name: host.name, roles: rolesOf(host, draft.onlyHost) }));
  const files = (Array.isArray(written) ? written : []).flatMap((item, index) => {
    return typeof item === 'string' ? [{ item, index }] : [];
  });
  const read: ReadPlaybook[] = [];
  for (const { item, index } of files) {
    const one = await readPlaybook(local(item), { hosts, kubernetes: draft.kubernetes });
    const twice = read.some(({ playbook }) => playbook.name === one.playbook.name);
    const message = `there is already a playbook called ${one.playbook.name}`;
    const fix = 'give the file another name: it is part of the names of its stages';
    const finding = { code: 'DUPLICATE_PLAYBOOK', path: ['playbooks', index], message, fix };
    read.push(twice ? { ...one, problems: [toProblem(finding, document), ...one.problems] } : one);
  }
  return read;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new K8supError({
        code: 'INVENTORY_NOT_FOUND',
        kind: 'inventory',
        what: `there is no inventory ${file}`,
        why: `${resolve(file)} does not exist`,
        fix: 'k8sup init writes a commented one; another place can be named on the command line',
        cause: error,
      });
    }
    throw new K8supError({
      code: 'INVENTORY_UNREADABLE',
      kind: 'inventory',
      what: `the inventory ${file} cannot be read`,
      why: messageOf(error),
      fix: 'name a file that you may read',
      cause: error,
    });
  }
}
