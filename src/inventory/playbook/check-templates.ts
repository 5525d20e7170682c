import { readFile } from 'node:fs/promises';
import { toProblem } from '../findings.ts';
import type { Inventory } from '../model.ts';
import { formatPath } from '../path.ts';
import type { Path } from '../path.ts';
import type { Problem } from '../problem.ts';
import type { PositionedDocument } from '../read-yaml.ts';
import { valueAt } from '../path.ts';
import { isFor } from './model.ts';
import type { OwnResource, OwnStage, Playbook } from './model.ts';
import { namesOf, unknownName } from './template.ts';
import { templateValues } from './values.ts';

/** What templates name and the inventory does not have: in a file of its own at the very place, else at the template's. */
export async function checkTemplates(
  data: unknown,
  { stages, name: playbook }: Playbook,
  document: PositionedDocument,
  inventory: Inventory,
): Promise<readonly Problem[]> {
  const written = valueAt(data, ['stages']);
  const problems: Problem[] = [];
  for (const stage of stages) {
    const list: readonly unknown[] = Array.isArray(written) ? written : [];
    const index = list.findIndex((one) => `${playbook}.${String(valueAt(one, ['name']))}` === stage.id);
    for (const resource of stage.resources) {
      if (resource.kind !== 'template') continue;
      const items = valueAt(data, ['stages', index, 'resources']);
      const place = (Array.isArray(items) ? items : []).findIndex(
        (item) => valueAt(item, ['template', 'path']) === resource.path,
      );
      const path = ['stages', index, 'resources', place, 'template'];
      problems.push(...(await checkOne({ resource, stage, path }, document, inventory)));
    }
  }
  return problems;
}

interface Where {
  readonly resource: Extract<OwnResource, { kind: 'template' }>;
  readonly stage: OwnStage;
  readonly path: Path;
}

async function checkOne(
  { resource, stage, path }: Where,
  document: PositionedDocument,
  inventory: Inventory,
): Promise<readonly Problem[]> {
  const { from } = resource;
  if ('secretFile' in from) return [];
  // One that cannot be read is told already.
  const text = 'content' in from ? from.content : await readFile(from.source, 'utf8').catch(() => '');
  const secrets = Object.keys(resource.secrets).map((name) => `secrets.${name}`);
  const hosts = inventory.hosts.filter((host) => isFor(stage.target, host));
  const values = hosts.map((host) => ({ host, known: [...templateValues(inventory, host).keys(), ...secrets] }));
  return namesOf(text).flatMap(({ name, line, column }) => {
    const missing = values.filter(({ known }) => !known.includes(name));
    const [first] = missing;
    if (first === undefined) return [];
    const { message, fix } = unknownName(name, first.known);
    const on = missing.length === values.length ? '' : ` on ${missing.map(({ host }) => host.name).join(', ')}`;
    const at = [...path, 'content' in from ? 'content' : 'source'];
    const finding = { code: 'TEMPLATE_NAME_UNKNOWN', path: at, message: `${message}${on}`, fix };
    const problem = toProblem(finding, document);
    if ('content' in from) return [problem];
    return [{ ...problem, path: formatPath(at), position: { file: from.source, line, column } }];
  });
}
