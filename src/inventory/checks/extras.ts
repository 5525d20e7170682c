import type { Draft, Report } from '../findings.ts';
import { componentNames } from '../model.ts';
import type { ComponentName } from '../model.ts';
import { formatPath } from '../path.ts';
import type { Path } from '../path.ts';
import { combinationOf } from '../resolve-cluster.ts';
import { checkFlagValue } from './flag-values.ts';
import { reservedFields, reservedFlags } from './reserved.ts';
import type { Reserved } from './reserved.ts';
import { checkToml } from './runtime.ts';

interface ExtrasInput {
  readonly extraArgs?: Readonly<Record<string, unknown>> | undefined;
  readonly extraConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** Flags and fields of the user's own: well-formed, and none that k8sup must set itself. */
export function checkExtras(draft: Draft, report: Report): void {
  const other = combinationOf(draft.cluster).runtime === 'docker' ? 'containerd' : 'docker';
  for (const name of componentNames) {
    const inRuntime = name === 'containerd' || name === 'docker';
    const path = inRuntime ? ['cluster', 'runtime', name] : ['cluster', name];
    const common: ExtrasInput | undefined = inRuntime ? draft.cluster.runtime?.[name] : draft.cluster[name];
    const places: readonly [Path, ExtrasInput | undefined][] = [
      [path, common],
      ...draft.hosts.map(({ index, host }): [Path, ExtrasInput | undefined] => [['hosts', index, name], host[name]]),
    ];
    for (const [place, extras] of places) {
      if (extras === undefined) continue;
      checkArgs(name, extras, place, report);
      checkFields(name, extras, place, report);
      if (name === other) warnUnused(name, place, report);
    }
  }
}

function checkArgs(name: ComponentName, extras: ExtrasInput, place: Path, report: Report): void {
  checkFlagNames(extras, { reserved: reservedFlags[name], place }, report);
  for (const [flag, value] of Object.entries(extras.extraArgs ?? {})) {
    const path = [...place, 'extraArgs', flag];
    checkFlagValue({ component: name, flag: flag.replace(/^-+/, ''), value, path }, report);
  }
}

/** Names of flags below `extraArgs` at a place: well-formed, and none that k8sup sets itself. */
export function checkFlagNames(
  { extraArgs }: ExtrasInput,
  { reserved, place }: { readonly reserved: Reserved; readonly place: Path },
  report: Report,
): void {
  for (const flag of Object.keys(extraArgs ?? {})) {
    const path = [...place, 'extraArgs', flag];
    const bare = flag.replace(/^-+/, '');
    if (bare !== flag) {
      report({
        code: 'FLAG_WITH_DASHES',
        path,
        atKey: true,
        message: 'flags are written without dashes',
        fix: `write ${bare}`,
      });
    } else if (!/^[a-z][a-z0-9_-]*$/.test(flag)) {
      const message = `${JSON.stringify(flag)} is not the name of a flag`;
      report({
        code: 'FLAG_INVALID',
        path,
        atKey: true,
        message,
        fix: 'write the name as a key and the value behind it',
      });
    }
    if (Object.hasOwn(reserved, bare)) report(refusal(path, `--${bare}`, reserved[bare]));
  }
}

function checkFields(name: ComponentName, extras: ExtrasInput, place: Path, report: Report): void {
  const reserved = reservedFields[name] ?? {};
  for (const field of Object.keys(extras.extraConfig ?? {})) {
    if (Object.hasOwn(reserved, field)) report(refusal([...place, 'extraConfig', field], field, reserved[field]));
  }
  if (name === 'containerd') checkToml(extras.extraConfig, [...place, 'extraConfig'], report);
}

/** That a flag or field is set by k8sup, by the key named, or by none. */
export function refusal(path: Path, what: string, key: string | undefined): Parameters<Report>[0] {
  if (key === undefined) {
    const message = `${what} is set by k8sup: another value would break the trust between the components`;
    return { code: 'SETTING_RESERVED', path, atKey: true, message, fix: 'take it out' };
  }
  const message = `${what} is set by k8sup, in several places at once`;
  return { code: 'SETTING_RESERVED', path, atKey: true, message, fix: `use ${key}` };
}

function warnUnused(name: string, place: Path, report: Report): void {
  const message = `the runtime is not ${name}: ${formatPath(place)} has no effect`;
  const basedOn = [['cluster', 'runtime', 'type']];
  report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: place, basedOn, atKey: true, message });
}
