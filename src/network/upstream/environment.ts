import type { ObjectEdit } from './edit.ts';
import { addAt, placeOf, removeAt, setAt } from './fields.ts';
import type { Path, Target } from './place.ts';
import { describe, objectWith, pathText, requirePath, upstreamChanged, valueAt } from './place.ts';
import { inContainer } from './pod.ts';

/** A text, or where Kubernetes takes it from: what stands in `valueFrom`. */
export type EnvValue =
  | string
  | { readonly configMapKeyRef: { readonly name: string; readonly key: string } }
  | { readonly secretKeyRef: { readonly name: string; readonly key: string } }
  | { readonly fieldRef: { readonly fieldPath: string } };

/** Another value for a variable that upstream sets. */
export function setEnv(container: string, name: string, value: EnvValue): ObjectEdit {
  return setAt(inContainer(container, ['env', { name }]), variable(name, value));
}

/** A variable that upstream does not set. */
export function addEnv(container: string, name: string, value: EnvValue): ObjectEdit {
  return addAt(inContainer(container, ['env', { name }]), variable(name, value));
}

export function removeEnv(container: string, name: string): ObjectEdit {
  return removeAt(inContainer(container, ['env', { name }]));
}

/** Another value for an argument of the form `--flag=value`. */
export function setArg(container: string, flag: string, value: string): ObjectEdit {
  return inArgs(container, flag, (target, args, index) => {
    if (index === -1) throw upstreamChanged(target, `the argument ${flag}`, describe(args));
    if (args[index] === flag && isOwnWord(args[index + 1])) throw twoWords(target, flag, args);
    return args.with(index, `${flag}=${value}`);
  });
}

/** An argument that upstream does not give; without a value it is the flag alone. The container must have arguments. */
export function addArg(container: string, flag: string, value?: string): ObjectEdit {
  return inArgs(container, flag, (target, args, index) => {
    if (index !== -1) throw upstreamChanged(target, `no argument ${flag} yet`, describe(args[index]));
    return [...args, value === undefined ? flag : `${flag}=${value}`];
  });
}

export function removeArg(container: string, flag: string): ObjectEdit {
  return inArgs(container, flag, (target, args, index) => {
    if (index === -1) throw upstreamChanged(target, `the argument ${flag}`, describe(args));
    if (args[index] === flag && isOwnWord(args[index + 1])) throw twoWords(target, flag, args);
    return args.toSpliced(index, 1);
  });
}

function variable(name: string, value: EnvValue): object {
  return typeof value === 'string' ? { name, value } : { name, valueFrom: value };
}

type ChangeArgs = (target: Target, args: readonly string[], index: number) => readonly string[];

function inArgs(container: string, flag: string, change: ChangeArgs): ObjectEdit {
  return (target) => {
    const path: Path = inContainer(container, ['args'])(target);
    requirePath(target, path);
    const args = valueAt(target.object, path);
    if (!isTexts(args)) throw upstreamChanged(target, `arguments at ${pathText(path)}`, describe(args));
    const index = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
    return { object: objectWith(target.object, path, change(target, args, index)), place: [...placeOf(path), flag] };
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** An argument behind a flag that may be that flag's value. */
function isOwnWord(next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('-');
}

function twoWords(target: Target, flag: string, args: readonly string[]): Error {
  return upstreamChanged(target, `${flag}=VALUE in one argument`, describe(args));
}
