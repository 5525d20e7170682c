import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf } from '../../errors/k8sup-error.ts';
import { inFileOrder, toProblem } from '../findings.ts';
import type { Finding, Report } from '../findings.ts';
import { isRecord } from '../path.ts';
import type { Path } from '../path.ts';
import type { Inventory, Role } from '../model.ts';
import { InventoryError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { readYaml } from '../read-yaml.ts';
import type { PositionedDocument } from '../read-yaml.ts';
import { withoutEchoes } from '../draft.ts';
import { explainIssue } from '../schema-findings.ts';
import { checkHook, checkIds, checkResource, checkStage } from './checks.ts';
import { checkTemplates } from './check-templates.ts';
import { playbookName } from './model.ts';
import type { OwnObject, Playbook, WrittenResource } from './model.ts';
import { resolveHook, resolveResource, resolveStage } from './resolve.ts';
import { hookSchema, playbookSchema, resourceSchema, stageSchema } from './schema.ts';

/** The inventory as far as a playbook is checked against it. */
export interface PlaybookContext {
  readonly hosts: readonly { readonly name: string; readonly roles: ReadonlySet<Role> }[];
  readonly kubernetes: boolean;
}

/** A playbook as far as it can be read, and what is wrong with it. */
export interface ReadPlaybook {
  readonly playbook: Playbook;
  readonly problems: readonly Problem[];
  /** What its templates name and the inventory does not have. */
  readonly templateProblems: (inventory: Inventory) => Promise<readonly Problem[]>;
}

/**
 * Reads one file of stages of the user's own, and looks at the files it names.
 *
 * @throws {@link InventoryError} with all mistakes at once.
 */
export async function loadPlaybook(file: string, inventory: Inventory): Promise<Playbook> {
  const kubernetes = !inventory.hosts.some(({ roles }) => roles.has('container'));
  const read = await readPlaybook(file, { hosts: inventory.hosts, kubernetes });
  const problems = inFileOrder([...read.problems, ...(await read.templateProblems(inventory))]);
  if (problems.length > 0) throw new InventoryError(file, problems);
  return read.playbook;
}

/** The same without an end at mistakes; nothing is thrown. */
export async function readPlaybook(written: string, context: PlaybookContext): Promise<ReadPlaybook> {
  const file = resolve(written);
  const empty: Playbook = { file, name: playbookName(file), stages: [], hooks: [] };
  const failed = (problems: readonly Problem[]): ReadPlaybook => ({
    playbook: empty,
    problems,
    templateProblems: () => Promise.resolve([]),
  });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return failed([unreadable(written, messageOf(error))]);
  }
  const yaml = readYaml(text, written);
  if (yaml.data === undefined && yaml.problems.length > 0) return failed(yaml.problems);
  if (!isRecord(yaml.data)) return failed([notAMap(yaml.document)]);
  const findings: Finding[] = [...schemaFindings(yaml.data)];
  const report: Report = (finding) => findings.push(finding);
  const lineOf = (path: Path): number => yaml.document.position(path).line;
  const playbook = await readParts(empty, yaml.data, context, { report, lineOf });
  const problems = [...yaml.problems, ...findings.map((finding) => toProblem(finding, yaml.document))];
  return {
    playbook,
    problems: inFileOrder(problems),
    templateProblems: (inventory) => checkTemplates(yaml.data, playbook, yaml.document, inventory),
  };
}

function schemaFindings(data: unknown): readonly Finding[] {
  const checked = playbookSchema.safeParse(data);
  if (checked.success) return [];
  const subject = 'the playbook';
  return withoutEchoes(checked.error.issues.flatMap((issue) => explainIssue(issue, data, playbookSchema, subject)));
}

/** What can be read is checked further also where something beside it is broken. */
async function readParts(
  empty: Playbook,
  data: Readonly<Record<string, unknown>>,
  context: PlaybookContext,
  { report, lineOf }: { readonly report: Report; readonly lineOf: (path: Path) => number },
): Promise<Playbook> {
  const folder = dirname(empty.file);
  const local = (path: string): string => resolve(folder, path);
  const stages = [];
  for (const [index, value] of listOf(data['stages']).entries()) {
    const path = ['stages', index];
    const own = isRecord(value) ? value : {};
    const resources: { readonly at: Path; readonly resource: WrittenResource }[] = [];
    for (const [place, item] of listOf(own['resources']).entries()) {
      const input = resourceSchema.safeParse(item);
      if (!input.success) continue;
      const at = [...path, 'resources', place];
      if (!(await checkResource(input.data, at, { local, report }))) continue;
      resources.push({ at, resource: { ...resolveResource(input.data, local), line: lineOf(at) } });
    }
    const head = readable(stageSchema, { ...own, resources: [] }, { name: 'unnamed' });
    if (head === undefined) continue;
    checkStage(head, path, context, report);
    const objects = head.objects?.map((object, place) => ({
      object: object as OwnObject,
      line: lineOf([...path, 'objects', place]),
    }));
    const stage = resolveStage(empty.name, head, { resources: resources.map(({ resource }) => resource), objects });
    checkIds(
      stage,
      resources,
      stages.map(({ stage: before }) => before),
      report,
    );
    stages.push({ stage, resources });
  }
  const hooks = listOf(data['hooks']).flatMap((item, index) => {
    const input = readable(hookSchema, isRecord(item) ? item : {}, { name: 'unnamed', run: 'true' });
    if (input === undefined) return [];
    checkHook(input, ['hooks', index], context, report);
    return [resolveHook(input)];
  });
  return { ...empty, stages: stages.map(({ stage }) => stage), hooks };
}

/** Without the keys that the schema refuses, which are told already; those that must be there are filled in. */
function readable<T>(
  schema: { safeParse: (value: unknown) => z.ZodSafeParseResult<T> },
  value: Readonly<Record<string, unknown>>,
  needed: Readonly<Record<string, unknown>>,
): T | undefined {
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const broken = new Set(
    first.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1))),
  );
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !broken.has(key)));
  return schema.safeParse({ ...needed, ...rest }).data;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unreadable(file: string, why: string): Problem {
  return {
    severity: 'error',
    code: 'PLAYBOOK_UNREADABLE',
    path: '',
    position: { file, line: 1, column: 1 },
    message: `the playbook cannot be read: ${why}`,
    fix: 'relative paths of playbooks start at the inventory file',
  };
}

function notAMap(document: PositionedDocument): Problem {
  const fix = 'begin it with  stages:  and a list; the README has an example';
  return {
    ...toProblem({ code: 'PLAYBOOK_EMPTY', path: [], message: 'this is no playbook: it has no keys', fix }, document),
  };
}
