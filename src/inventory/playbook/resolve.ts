import { given } from '../given.ts';
import type { Hook, OwnObject, OwnResource, OwnStage, Place, Target, TextFrom } from './model.ts';
import { builtInStage } from './model.ts';
import type { HookInput, ResourceInput, StageInput } from './schema.ts';

type Local = (path: string) => string;
type Kinds = { readonly [K in keyof ResourceInput]-?: NonNullable<ResourceInput[K]> };

/** How each kind is filled in; the checks have passed. */
const resolvers: { readonly [K in keyof Kinds]: (input: Kinds[K], local: Local) => OwnResource } = {
  file: (input, local) => {
    const from = textFrom(input, local);
    return { kind: 'file', ...ownership(input, 'secretFile' in from), from };
  },
  template: (input, local) => {
    const secrets = Object.entries(input.secrets ?? {}).map(([name, { secretFile }]) => [name, local(secretFile)]);
    return {
      kind: 'template',
      ...ownership(input, secrets.length > 0),
      from: textFrom(input, local),
      secrets: Object.fromEntries(secrets) as Record<string, string>,
    };
  },
  directory: ({ path, mode, owner }) => ({
    kind: 'directory',
    path,
    mode: octal(mode ?? '0755'),
    owner: owner ?? 'root:root',
  }),
  sysctl: ({ key, value }) => ({ kind: 'sysctl', key, value: String(value).trim().replace(/\s+/g, ' ') }),
  kernelModule: ({ name }) => ({ kind: 'kernelModule', name }),
  package: ({ name, dnf, zypper }) => ({ kind: 'package', apt: name, dnf: dnf ?? name, zypper: zypper ?? name }),
  user: ({ groups, system, ...rest }) => ({
    kind: 'user',
    groups: groups ?? [],
    system: system ?? false,
    ...(given(rest) as typeof rest & { uid: number; comment: string; shell: string; home: string }),
  }),
  unit: ({ name, content, enabled, running, restartOn }) => ({
    kind: 'unit',
    name,
    enabled: enabled ?? true,
    running: running ?? true,
    restartOn: restartOn ?? [],
    ...(content === undefined ? {} : { content }),
  }),
  archive: ({ source, path, strip }, local) => ({ kind: 'archive', source: local(source), path, strip: strip ?? 0 }),
  command: ({ name, timeout, run, ...rest }) => ({
    kind: 'command',
    name: name ?? (run.trim().split('\n')[0] ?? '').replaceAll('\t', ' ').slice(0, 60),
    run,
    timeoutSeconds: timeout ?? 60,
    ...(given(rest) as { creates: string; unless: string; onlyIf: string; undo: string }),
  }),
};

/** @param local - the absolute path of one that the playbook names. */
export function resolveResource(input: ResourceInput, local: Local): OwnResource {
  const kind = (Object.keys(input) as (keyof Kinds)[]).find((key) => input[key] !== undefined);
  if (kind === undefined) throw new Error('a resource without a kind passed the checks');
  const resolver = resolvers[kind] as (value: unknown, local: Local) => OwnResource;
  return resolver(input[kind], local);
}

export function resolveStage(
  playbook: string,
  input: StageInput,
  { resources, objects }: Pick<OwnStage, 'resources' | 'objects'>,
): OwnStage {
  return {
    id: `${playbook}.${input.name}`,
    title: input.title ?? input.name,
    target: targetOf(input),
    place: placeOf(input),
    resources,
    objects,
  };
}

export function resolveHook(input: HookInput): Hook {
  return {
    name: input.name,
    place: placeOf(input),
    where: input.where ?? 'hosts',
    target: targetOf(input),
    run: input.run,
    timeoutSeconds: input.timeout ?? 60,
  };
}

/** What an object is called in the cluster; as there, one that is written without its namespace is in `default`. */
export function ownObjectId({ kind, metadata: { name, namespace } }: OwnObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** What a resource is called on a host; as the ids of the kinds that it becomes. */
export function ownId(resource: OwnResource): string {
  switch (resource.kind) {
    case 'file':
    case 'template':
      return `file:${resource.path}`;
    case 'directory':
    case 'archive':
      return `${resource.kind}:${resource.path}`;
    case 'sysctl':
      return `sysctl:${resource.key}`;
    case 'kernelModule':
      return `kernel-module:${resource.name}`;
    case 'package':
      return `package:${resource.apt}`;
    case 'user':
    case 'unit':
    case 'command':
      return `${resource.kind}:${resource.name}`;
  }
}

function textFrom(
  input: { content?: string | undefined; source?: string | undefined; secretFile?: string | undefined },
  local: Local,
): TextFrom {
  if (input.secretFile !== undefined) return { secretFile: local(input.secretFile) };
  return input.source === undefined ? { content: input.content ?? '' } : { source: local(input.source) };
}

function ownership(
  input: { path: string; mode?: string | undefined; owner?: string | undefined },
  secret: boolean,
): { path: string; mode: number; owner: string } {
  const mode = octal(input.mode ?? (secret ? '0600' : '0644'));
  return { path: input.path, mode, owner: input.owner ?? 'root:root' };
}

function octal(mode: string): number {
  return Number.parseInt(mode, 8);
}

function targetOf({ roles, hosts }: Pick<StageInput, 'roles' | 'hosts'>): Target {
  return { ...(roles === undefined ? {} : { roles }), ...(hosts === undefined ? {} : { hosts }) };
}

function placeOf({ before, after }: Pick<StageInput, 'before' | 'after'>): Place {
  if (before !== undefined) return { before: builtInStage(before) ?? before };
  return after === undefined ? {} : { after: builtInStage(after) ?? after };
}
