import { basename } from 'node:path';
import type { Role } from '../model.ts';

/** Which hosts something is for: those with one of the roles, and those named; all where neither is said. */
export interface Target {
  readonly roles?: readonly Role[];
  readonly hosts?: readonly string[];
}

/** Where among the built-in stages something stands, by the stage's id; neither: at the end. */
export interface Place {
  readonly before?: string;
  readonly after?: string;
}

/** Where a text comes from; `source` and `secretFile` are absolute paths on the controller. */
export type TextFrom = { readonly content: string } | { readonly source: string } | { readonly secretFile: string };

interface FileOf {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly from: TextFrom;
}

/** One thing that a playbook puts on hosts, every default filled in. */
export type OwnResource =
  | ({ readonly kind: 'file' } & FileOf)
  /** Its text has names of inventory values in it. `secrets`: absolute paths of files, by the name that the text has for them. */
  | ({ readonly kind: 'template'; readonly secrets: Readonly<Record<string, string>> } & FileOf)
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly owner: string }
  | { readonly kind: 'sysctl'; readonly key: string; readonly value: string }
  | { readonly kind: 'kernelModule'; readonly name: string }
  | ({ readonly kind: 'package' } & PackageNames)
  | ({ readonly kind: 'user' } & OwnUser)
  | ({ readonly kind: 'unit' } & OwnUnit)
  /** `source` is an absolute path on the controller. */
  | { readonly kind: 'archive'; readonly source: string; readonly path: string; readonly strip: number }
  | ({ readonly kind: 'command' } & OwnCommand);

/** What a package is called, by package manager. */
export interface PackageNames {
  readonly apt: string;
  readonly dnf: string;
  readonly zypper: string;
}

export interface OwnUser {
  readonly name: string;
  readonly uid?: number;
  readonly comment?: string;
  readonly shell?: string;
  readonly home?: string;
  /** Further groups; a user that is in more stays in them. */
  readonly groups: readonly string[];
  readonly system: boolean;
}

export interface OwnUnit {
  /** With its ending, for example `web.service`. */
  readonly name: string;
  /** The unit file's text; undefined for a unit that the host has. */
  readonly content?: string;
  readonly enabled: boolean;
  readonly running: boolean;
  /** Paths of files whose change restarts it. */
  readonly restartOn: readonly string[];
}

export interface OwnCommand {
  readonly name: string;
  readonly run: string;
  /** It is done where this path is there. */
  readonly creates?: string;
  /** It is done where this succeeds. */
  readonly unless?: string;
  /** It is to be done where this succeeds. */
  readonly onlyIf?: string;
  /** What `clean` does to take it back. */
  readonly undo?: string;
  readonly timeoutSeconds: number;
}

/** A Kubernetes object as it was written. */
export interface OwnObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** A resource with the line of the playbook that it is written in. */
export type WrittenResource = OwnResource & { readonly line: number };

/** An object with the line of the playbook that it is written in. */
export interface WrittenObject {
  readonly object: OwnObject;
  readonly line: number;
}

export interface OwnStage {
  /** `PLAYBOOK.NAME`, unique in the inventory. */
  readonly id: string;
  readonly title: string;
  readonly target: Target;
  readonly place: Place;
  readonly resources: readonly WrittenResource[];
  /** Undefined: the stage does nothing in the cluster; those that it had go with the last built-in stage. */
  readonly objects: readonly WrittenObject[] | undefined;
}

/** A command that runs each time before or after a stage. */
export interface Hook {
  readonly name: string;
  readonly place: Place;
  /** `controller`: here, in the playbook's folder; `hosts`: on each host of the target; `once`: on the first of them. */
  readonly where: 'controller' | 'hosts' | 'once';
  readonly target: Target;
  readonly run: string;
  readonly timeoutSeconds: number;
}

/** A checked file of stages of the user's own: plain data, with what it names still unread. */
export interface Playbook {
  /** Absolute. */
  readonly file: string;
  /** The file's name without its ending. */
  readonly name: string;
  readonly stages: readonly OwnStage[];
  readonly hooks: readonly Hook[];
}

/** What a playbook is called: its file's name without the ending. */
export function playbookName(file: string): string {
  return basename(file).replace(/\.[^.]*$/, '');
}

/** Ids of the built-in stages, those without Kubernetes included, to which a playbook may refer. */
export const builtInStages = [
  '01.prepare',
  '02.etcd',
  '03.runtime',
  '04.kube-master',
  '05.kube-node',
  '06.network',
  '07.addons',
] as const;

/** The built-in stage of an id, a number or a name, as a person writes it. */
export function builtInStage(name: string): (typeof builtInStages)[number] | undefined {
  return builtInStages.find((id) => id === name || id.split('.').includes(name));
}

/** Whether something with this target is for a host. */
export function isFor(target: Target, host: { readonly name: string; readonly roles: ReadonlySet<Role> }): boolean {
  if (target.roles === undefined && target.hosts === undefined) return true;
  return target.roles?.some((role) => host.roles.has(role)) === true || target.hosts?.includes(host.name) === true;
}
